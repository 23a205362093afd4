"""The frontier: which outbreaks a lockdown ends, run by run where that is least known.

An outbreak is contained if within 84 days of the first day of lockdown there is a day after which
nobody can infect anybody any more. For each disease and screening interval the chance of that is
fitted over R0, leakage and the size of the outbreak when the lockdown begins
(`lazaretto.studies.frontier.boundary`); runs are made in rounds, each where the frontier is known
least.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lazaretto.compiled import model_digest
from lazaretto.disease import variant
from lazaretto.people import read_area
from lazaretto.studies.frontier.boundary import HIGHEST, LOWEST, Boundary, fitted, next_runs
from lazaretto.studies.frontier.pool import Pool
from lazaretto.studies.frontier.runs import (
    ARRIVALS,
    R0S,
    Ended,
    Point,
)
from lazaretto.studies.lock import alone_in
from lazaretto.studies.run import Interrupted
from lazaretto.whole_files import whole_file

LEVELS = (0.007, 0.03, 0.10)
"""Leakage at which the question is answered: the ends of the residual of all contacts outside the
household in surveys of 2020, 0.7 to 3 %, and 10 % (behaviour notes 2.2 and 4.4)."""

FIRST_ROUND, EACH_ROUND = 32, 12
"""Runs of a frontier in the first round, spread over everything, and in each later one."""

SPREAD = 1.2207440846057596 ** -np.arange(1.0, 4.0)
"""Steps of the points of the first round in three dimensions: powers of the root of x^4 = x + 1
(Roberts 2018, extremelearning.com.au, "The unreasonable effectiveness of quasirandom
sequences"; recalled, unverified)."""

AGAIN = 12
"""Runs at each level of leakage and the R0 of each variant, for what they cost."""

Progress = Callable[[str, float], None]

Runner = Callable[[Sequence[Point]], Iterator[tuple[Point, Ended]]]


@dataclass(frozen=True)
class Question:
    """What is asked.

    Parameters
    ----------
    base
        Place and contacts, see `lazaretto.studies.frontier.runs.base_of`.
    diseases, intervals, starts
        Variants, days between screenings (0: none), and infections so far when the lockdown
        begins.
    runs
        Runs of each frontier, that is of each disease and interval.
    seed
        Seed; the runs have seeds of their own that follow from it.
    """

    base: dict[str, Any]
    diseases: tuple[str, ...] = ("wild-type", "delta", "omicron-ba2")
    intervals: tuple[int, ...] = (0, 7, 3, 1)
    starts: tuple[int, ...] = (ARRIVALS, 100, 1_000)
    runs: int = 152
    seed: int = 1

    @property
    def usual_start(self) -> int:
        """The outbreak of middle size, of which costs are told."""
        return sorted(self.starts)[len(self.starts) // 2]

    @property
    def total(self) -> int:
        """Number of runs in all."""
        return len(self.diseases) * len(self.intervals) * (self.runs + len(LEVELS) * AGAIN)

    def digest(self) -> str:
        """Return a hash of all that the runs depend on."""
        here = Path(__file__).parent
        sources = ("search.py", "runs.py", "boundary.py")
        own = hashlib.sha256(b"".join((here / name).read_bytes() for name in sources)).hexdigest()
        place = hashlib.sha256(read_area(self.base["place"]).content()).hexdigest()
        said = [self.base, self.diseases, self.intervals, self.starts, self.runs, self.seed]
        return hashlib.sha256(
            json.dumps([model_digest(), own, place, *said], sort_keys=True).encode()
        ).hexdigest()


@dataclass
class Frontier:
    """The answer.

    Parameters
    ----------
    question
        What was asked.
    runs
        One row per run: the fields of `Point` and `Ended`.
    boundaries
        The frontiers by disease and screening interval.
    made, found
        Runs made now, and found from before.
    """

    question: Question
    runs: pd.DataFrame
    boundaries: dict[tuple[str, int], Boundary]
    made: int = 0
    found: int = 0


@dataclass
class Kept:
    """Finished runs in a file, a line each, found again when the same question is asked.

    Parameters
    ----------
    path
        The file; None to keep nothing.
    """

    path: Path | None
    ended: dict[Point, Ended] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.path is None or not self.path.is_file():
            return
        whole = self.path.read_bytes()
        complete = whole[: whole.rfind(b"\n") + 1]
        if len(complete) < len(whole):  # a line that was cut off
            self.path.write_bytes(complete)
        for line in complete.splitlines():
            with suppress(ValueError, TypeError):  # a damaged line: the run is made again
                point, ended = json.loads(line)
                self.ended[Point(*point)] = Ended(*ended)

    def add(self, point: Point, ended: Ended) -> None:
        """Keep a finished run."""
        self.ended[point] = ended
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([point, ended]) + "\n")


def frontier(
    question: Question,
    folder: Path | None = None,
    *,
    workers: int = 2,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
    run: Runner | None = None,
) -> Frontier:
    """Find the frontiers of a question.

    Parameters
    ----------
    question
        What is asked.
    folder
        Where finished runs are kept; nowhere if absent.
    workers
        Processes that make runs; without influence on the results.
    progress
        Called as the work goes on.
    stop
        Asked after each run.
    run
        Makes runs, in any order; in processes of its own if absent.

    Raises
    ------
    Interrupted
        If asked to stop; finished runs are kept.
    FolderBusyError
        If another process asks the same question in the same folder.
    """
    if folder is None:
        return _frontier(question, Kept(None), workers, progress, stop, run)
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder):
        kept = Kept(folder / "runs.jsonl")
        answer = _frontier(question, kept, workers, progress, stop, run)
        with whole_file(folder / "runs.parquet") as partial:
            answer.runs.to_parquet(partial, index=False)
    return answer


def _frontier(
    question: Question, kept: Kept, workers: int, progress: Progress | None,
    stop: Callable[[], bool], run: Runner | None,
) -> Frontier:  # fmt: skip
    found = len(kept.ended)
    asked: list[Point] = []

    def answered(points: list[Point], runner: Runner) -> None:
        asked.extend(points)
        missing = [point for point in points if point not in kept.ended]
        for point, ended in runner(missing):
            kept.add(point, ended)
            if progress is not None:
                done = sum(each in kept.ended for each in asked)
                progress("making runs", done / question.total)
            if stop():
                raise Interrupted(f"{len(kept.ended)} runs of {question.total} made")

    keys = [(d, i) for d in question.diseases for i in question.intervals]
    with Pool(question.base, question.diseases, workers) as pool:
        runner = run or pool
        answered(_first_round(question, keys), runner)
        while (n := question.runs - _of_one(asked, keys[0])) > 0:
            known = _boundaries(keys, asked, kept)
            points: list[Point] = []
            for key in keys:
                points += _next_round(question, key, known[key], min(n, EACH_ROUND), len(asked),
                                      points)  # fmt: skip
            answered(points, runner)
        answered(_again(question, len(asked)), runner)
    boundaries = _boundaries(keys, asked, kept)
    rows = [point._asdict() | kept.ended[point]._asdict() for point in asked]
    return Frontier(question, pd.DataFrame(rows), boundaries, len(kept.ended) - found,
                    len(asked) - len(kept.ended) + found)  # fmt: skip


def _seed(question: Question, number: int) -> int:
    return question.seed * 1_000_000 + number


def _of_one(asked: list[Point], key: tuple[str, int]) -> int:
    return sum((point.disease, point.interval) == key for point in asked)


def _first_round(question: Question, keys: list[tuple[str, int]]) -> list[Point]:
    """Return points spread over R0, start and leakage."""
    points: list[Point] = []
    for number, (disease, interval) in enumerate(keys):
        which = np.arange(min(FIRST_ROUND, question.runs)) + number * FIRST_ROUND
        spread = (0.5 + np.outer(which, SPREAD)) % 1
        for of_r0, of_start, of_leakage in spread:
            points.append(Point(
                disease, interval, question.starts[int(of_start * len(question.starts))],
                R0S[int(of_r0 * len(R0S))],
                float(np.exp(LOWEST + of_leakage * (HIGHEST - LOWEST))),
                _seed(question, len(points)),
            ))  # fmt: skip
    return points


def _next_round(
    question: Question, key: tuple[str, int], known: Boundary, n: int, before: int,
    points: list[Point],
) -> list[Point]:  # fmt: skip
    """Return the next points of one frontier, where it is known least."""
    r0, start = (a.ravel() for a in np.meshgrid(R0S, question.starts))
    at = next_runs(known, np.log(r0), np.log10(start), n + n % 2)
    first = before + len(points)
    return [
        Point(*key, round(10**z), round(float(np.exp(x)), 6), float(np.exp(y)),
              _seed(question, first + i))
        for i, (x, z, y) in enumerate(zip(*at, strict=True))
    ]  # fmt: skip


def _again(question: Question, before: int) -> list[Point]:
    """Return points at the levels of leakage and the R0 of each variant."""
    points: list[Point] = []
    for disease in question.diseases:
        r0 = float(variant(disease).r0.value)
        for interval in question.intervals:
            for leakage in LEVELS:
                for _ in range(AGAIN):
                    seed = _seed(question, before + len(points))
                    points.append(Point(disease, interval, question.usual_start, r0, leakage, seed))
    return points


def _boundaries(
    keys: list[tuple[str, int]], asked: list[Point], kept: Kept
) -> dict[tuple[str, int], Boundary]:
    """Return the frontiers that the runs show; outbreaks that ended by themselves say nothing."""
    result = {}
    for key in keys:
        of_key = [p for p in asked if (p.disease, p.interval) == key and kept.ended[p].begun >= 0]
        r0, start, leakage = (
            np.array([getattr(p, name) for p in of_key], np.float64)
            for name in ("r0", "start", "leakage")
        )
        contained: NDArray[np.bool_] = np.array([kept.ended[p].contained for p in of_key], np.bool_)
        result[key] = fitted(np.log(r0), np.log10(start), np.log(leakage), contained)
    return result
