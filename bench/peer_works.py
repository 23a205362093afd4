"""The rows that run other simulators, in an environment of their own (.venv-bench)."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from city_works import DAYS, ROOT
from measured_run import Work, last_line

HERE = Path(__file__).resolve().parent
CONSTRAINTS = HERE / "peers-constraints.txt"
ENVIRONMENT = ROOT / ".venv-bench"
PYTHON = ENVIRONMENT / "bin" / "python"
DISTRIBUTIONS = {
    "peer_laser.py": "laser-generic",
    "peer_covasim.py": "covasim",
    "peer_epiworld.py": "epiworldpy",
}
QUIETLY = {"PYTHONPATH": "", "MPLBACKEND": "agg", "COVASIM_VERBOSE": "0"}


def install_peers(say: Callable[[str], None]) -> dict[str, str]:
    """Make the environment unless it is there; return what could not be installed, and why.

    What failed once is remembered until the folder is deleted or the constraints change.
    """
    wanted = hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest()
    stamp = ENVIRONMENT / "installed.json"
    if stamp.exists():
        installed = json.loads(stamp.read_text(encoding="utf-8"))
        if installed["constraints"] == wanted:
            return {str(name): str(why) for name, why in installed["missing"].items()}
    say(f"installing peers into {ENVIRONMENT.name} (about 1 GB, a few minutes)")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    missing = {}
    for name in DISTRIBUTIONS.values():
        done = subprocess.run(
            [str(PYTHON), "-m", "pip", "install", "--quiet", "-c", str(CONSTRAINTS), name],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            say(done.stderr)
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            reason = last_line(errors[0] if errors else done.stderr)
            missing[name] = f"cannot be installed: {reason} (delete {ENVIRONMENT.name} to retry)"
    stamp.write_text(json.dumps({"constraints": wanted, "missing": missing}), encoding="utf-8")
    return missing


def peer_work(
    key: str, title: str, script: str, *words: str, threads: int = 1, most_rounds: int = 1_000
) -> Work:
    """A row that runs one of the peer scripts beside this file."""
    command = (str(PYTHON), str(HERE / script), *words, "--days", str(DAYS))
    return Work(key, title, lambda _: command, threads, QUIETLY, days=DAYS, most_rounds=most_rounds)


def peer_works(size: str, missing: dict[str, str]) -> tuple[dict[str, Work], dict[str, str]]:
    """Rows at a size ("quick", "usual", "full"), and those left out with the reason."""
    quick = size == "quick"
    laser = "2500000" if quick else "25000000"
    covasim = "100000" if quick else "1000000"
    edges = "100000" if quick else "1000000"
    rows: list[tuple[str, str, str, tuple[str, ...], int, int]] = [
        ("peer_laser.py", "laser", "LASER SEIR", ("--agents", laser), 1, 1_000),
        ("peer_laser.py", "laser-2", "LASER SEIR", ("--agents", laser, "--threads", "2"), 2, 1_000),
    ]
    covasim_sizes = [(covasim, 1_000)] + ([("5000000", 1)] if size == "full" else [])
    for agents, most in covasim_sizes:
        for waning, text in (("0", "no waning"), ("1", "waning")):
            words: tuple[str, ...] = ("--agents", agents, "--waning", waning)
            key = f"covasim-{agents}-{text.replace(' ', '-')}"
            rows.append(("peer_covasim.py", key, f"Covasim, {text}", words, 1, most))
    for network, agents in (("smallworld", "100000"), ("edgelist", edges)):
        words = ("--agents", agents, "--network", network)
        title = f"epiworldpy SEIR, {network}"
        rows.append(("peer_epiworld.py", f"epiworld-{network}", title, words, 1, 1_000))

    works, failed = {}, {}
    for script, key, title, words, threads, most in rows:
        works[key] = peer_work(key, title, script, *words, threads=threads, most_rounds=most)
        if (reason := missing.get(DISTRIBUTIONS[script])) is not None:
            failed[key] = reason
    return works, failed
