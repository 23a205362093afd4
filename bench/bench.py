"""Measure Lazaretto and its peers on this machine, side by side.

    python bench/bench.py [--quick | --full] [--no-peers | --peers-only] [--base REV] [--json FILE]

Every row runs once a round, all rows in turn (A B C A B C), so that a slow spell of the machine
falls on all. See bench/README.md for what each figure is.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

import city_works
import machine
import peer_works
import tables
from measured_run import Run, RunFailedError, Work, measured

RESULTS = Path(__file__).resolve().parent / "results"


def main() -> int:
    given = arguments()
    signal.signal(signal.SIGTERM, stop)
    with ExitStack() as until_end:
        city: dict[str, Work] = {} if given.peers_only else city_works.city_works()
        base: dict[str, Work] = {}
        if given.base:
            tree = until_end.enter_context(city_works.worktree(given.base))
            base = city_works.base_works(tree, given.base)
        peers: dict[str, Work] = {}
        failed: dict[str, str] = {}
        if not given.no_peers:
            size = "quick" if given.quick else "full" if given.full else "usual"
            peers, failed = peer_works.peer_works(size, peer_works.install_peers(say))
        runs = measure_all(in_turn(city, base, peers), 1 if given.quick else given.rounds, failed)
        idle_mib = city_works.idle_rss_mib() if city else 0.0
    now = datetime.datetime.now(datetime.UTC)
    about = {**machine.describe(), **versions(), "head": city_works.git("rev-parse", "HEAD")}
    print(
        f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB; "
        f"Python {about['python']}; {now:%Y-%m-%d}\n"
    )
    if city:
        print(tables.city_table(runs, failed, idle_mib), end="\n\n")
    if base:
        print(tables.base_table(runs, failed, given.base), end="\n\n")
    if peers:
        print(tables.peer_table(peers, runs, failed), end="\n\n")
    write(given.json, about, idle_mib, runs, failed)
    return 1 if any(key in failed for key in (*city, *base)) else 0


def in_turn(*groups: Mapping[str, Work]) -> list[Work]:
    """All rows in the order of a round: those that are compared with each other come together."""
    works = {key: work for group in groups for key, work in group.items()}
    together = (
        "wave",
        "contained",
        "base-wave",
        "laser-2",
        "wave-1",
        "laser",
        "shipped",
        "base-shipped",
    )
    first = [works.pop(key) for key in together if key in works]
    return [*first, *works.values()]


def measure_all(works: list[Work], rounds: int, failed: dict[str, str]) -> dict[str, list[Run]]:
    """Runs of every row, `rounds` of each; a row that fails is noted in `failed` and left out."""
    runs: dict[str, list[Run]] = {}
    for turn in range(rounds + 1):  # round 0 warms up: kernels compiled, population cached
        for work in works:
            done = runs.get(work.key, [])
            skipped = not work.warm_up if turn == 0 else len(done) >= work.most_rounds
            if skipped or work.key in failed:
                continue
            name = f"{work.title}, {work.threads} thread{'s' if work.threads > 1 else ''}"
            say(f"{'warm-up' if turn == 0 else f'round {turn} of {rounds}'}: {name}")
            try:
                run = measured(work)
            except RunFailedError as error:
                failed[work.key] = f"failed: {error}"
                say(f"  {failed[work.key]}")
                runs.pop(work.key, None)
                continue
            if turn > 0:
                runs.setdefault(work.key, []).append(run)
    return runs


def versions() -> dict[str, str]:
    """Releases that decide how fast Lazaretto is."""
    found = {}
    for name in ("lazaretto", "numba", "llvmlite", "numpy"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def write(
    target: Path | None,
    about: Mapping[str, str | int | float],
    idle_mib: float,
    runs: Mapping[str, list[Run]],
    failed: Mapping[str, str],
) -> None:
    """Every run of every row as JSON, into `target` or a new file under bench/results."""
    now = datetime.datetime.now(datetime.UTC)
    path = target or RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {
        "date": now.isoformat(timespec="seconds"),
        "machine": about,
        "idle_rss_mib": idle_mib,
        "runs": {key: [run.record() for run in done] for key, done in runs.items()},
        "failed": failed,
    }
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    say(f"written: {path}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="one round, small peers")
    size.add_argument("--full", action="store_true", help="also Covasim at 5 million (20 min)")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--no-peers", action="store_true", help="Lazaretto only")
    who.add_argument("--peers-only", action="store_true", help="peers only")
    parser.add_argument("--base", metavar="REV", help="compare with this git revision")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each row (3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write every run")
    given = parser.parse_args()
    if given.base and given.peers_only:
        parser.error("--base needs Lazaretto's own rows: leave out --peers-only")
    return given


def say(text: str) -> None:
    """One line of progress."""
    print(text, file=sys.stderr, flush=True)


def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End by SystemExit, so that children are killed and temporary folders removed."""
    raise SystemExit(143)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
