"""The rows that run Lazaretto: Shanghai, 24.87 million residents."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from measured_run import Command, Work

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = "shanghai-2022"
START = datetime.date(2022, 2, 20)  # first day of the scenario
DAYS = 180
END = START + datetime.timedelta(days=DAYS - 1)
THREADS = 2

WAVE = ("r0=8", "behaviour=null", "measures=[]", f"end={END}")
WAVE_MEASURES = """[
  {measure: symptomatic_testing, share: 0.3, delay_days: 2, labs: laboratories},
  {measure: contact_tracing, building: 0.5, school: 0.8, workplace: 0.7, community: 0.2,
   tracers: tracers},
  {measure: isolation}, {measure: quarantine, days: 14}]"""
CONTAINED = ("r0=8", "behaviour=null", f"measures={' '.join(WAVE_MEASURES.split())}", f"end={END}")
SHIPPED: tuple[str, ...] = ()
UNMOVED = ("behaviour=null",)
QUIET = ("seeding=[]", "behaviour=null", "measures=[]", f"end={END}")
SEEDS = f"seeding=[{{date: {START}, area: all, infections_per_day: 100}}]"
FIRST_DAY = ("r0=8", "behaviour=null", "measures=[]", SEEDS, f"end={START}")

LAUNCH = "import sys; from lazaretto.cli import main; sys.exit(main())"
IDLE = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in ("lazaretto.cli", "lazaretto.studies", "lazaretto.engine.simulation"):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("lazaretto"):
            raise
from machine import peak_rss_mib
print(peak_rss_mib())
"""


def run_command(settings: Sequence[str], threads: int) -> Command:
    """`lazaretto run shanghai-2022` with these `--set` values."""

    def command(folder: Path) -> list[str]:
        changed = [word for setting in settings for word in ("--set", setting)]
        return [
            *(sys.executable, "-c", LAUNCH, "run", SCENARIO, *changed),
            *("--threads", str(threads), "--json", "--out", str(folder)),
            *("--again", "--no-report"),
        ]

    return command


def city_work(
    key: str,
    title: str,
    settings: Sequence[str],
    *,
    threads: int = THREADS,
    tree: Path = ROOT,
    days: int | None = DAYS,
    warm_up: bool = True,
) -> Work:
    """A row that runs the sources under `tree`, in this interpreter's environment."""
    return Work(
        key,
        title,
        run_command(settings, threads),
        threads,
        source_path(tree),
        days=days,
        warm_up=warm_up,
    )


def city_works() -> dict[str, Work]:
    """The rows of the table of aims, by key."""
    works = (
        city_work("wave", "Shanghai, R0 8, nobody confined, 180 days", WAVE),
        # The kernels and the population are warm from the row above.
        city_work("wave-1", "the same, one thread", WAVE, threads=1, warm_up=False),
        city_work(
            "contained", "the wave, cases tested, traced and quarantined", CONTAINED, warm_up=False
        ),
        city_work("shipped", "shanghai-2022 as shipped", SHIPPED, days=None),
        city_work("unmoved", "the same, nobody responds", UNMOVED, days=None),
        city_work("quiet", "180 quiet days", QUIET),
        city_work("first-day", "start to first day", FIRST_DAY, days=1),
    )
    return {work.key: work for work in works}


def base_works(tree: Path, revision: str) -> dict[str, Work]:
    """The wave and the shipped scenario with the sources of another revision."""
    works = (
        city_work("base-wave", f"the wave at {revision}", WAVE, tree=tree),
        city_work("base-shipped", f"as shipped at {revision}", SHIPPED, tree=tree, days=None),
    )
    return {work.key: work for work in works}


def source_path(tree: Path) -> dict[str, str]:
    """Environment in which `import lazaretto` finds the sources under `tree` before any other."""
    return {"PYTHONPATH": str(tree / "src")}


def idle_rss_mib(tree: Path = ROOT) -> float:
    """Resident memory of a process that has imported lazaretto and done nothing, in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", IDLE, str(Path(__file__).parent)],
        env={**os.environ, **source_path(tree)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


@contextmanager
def worktree(revision: str) -> Iterator[Path]:
    """A checkout of `revision` in a temporary folder, removed again whatever happens."""
    with tempfile.TemporaryDirectory(prefix="lazaretto-base-") as folder:
        tree = Path(folder) / "tree"
        git("worktree", "add", "--detach", "--quiet", str(tree), revision)
        try:
            yield tree
        finally:
            git("worktree", "remove", "--force", str(tree))


def git(*words: str) -> str:
    """What a git command prints; '' if there is no git repository to ask."""
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True)
    if done.returncode != 0 and words[0] == "worktree":
        raise SystemExit(f"git {' '.join(words[:2])}: {done.stderr.strip()}")
    return done.stdout.strip() if done.returncode == 0 else ""
