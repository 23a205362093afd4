"""The people of many places, made once and kept in the cache, several places at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from threading import Thread

from lazaretto.people.areas import read_area
from lazaretto.people.cache import MANIFEST, CacheError, kept_at, load, save
from lazaretto.people.census import CensusArea
from lazaretto.people.making import Progress, make_population
from lazaretto.people.tables import CensusError, shipped

CHECKING = 0.1
"""Work of checking a population in the cache, as a share of making it; for the time left only."""


@dataclass(frozen=True)
class Kept:
    """A population in the cache.

    Parameters
    ----------
    name, title
        The place.
    persons, compounds, buildings
        How many there are.
    bytes
        Bytes on disk.
    seconds
        Wall time of making and saving it, or of checking it.
    found
        Whether it was in the cache before.
    """

    name: str
    title: str
    persons: int
    compounds: int
    buildings: int
    bytes: int
    seconds: float
    found: bool


def prefectures() -> list[str]:
    """Return the codes of the 368 places that hold every resident of mainland China once.

    These are the prefectures and directly governed units of the census of 2020. Chongqing is two
    of them (500100 districts, 500200 counties); tables of travel know it as one.
    """
    return [row["area_code"] for row in shipped("china_prefectures_census2020")]


def make_all(
    places: Sequence[str | Path] | None = None,
    *,
    workers: int = 0,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    cache: Path | None = None,
    seed: int = 0,
) -> list[Kept]:
    """Make or check the populations of many places, so that all are in the cache.

    Each place is made by one process with one thread, the largest first. What is in the cache is
    read and checked, byte by byte. A place is written whole or not at all: an interrupted call
    loses at most the places in hand, and the same call goes on with the others.

    Parameters
    ----------
    places
        Names, codes or paths as for `read_area`; default `prefectures`.
    workers
        Processes, each needing up to 25 bytes a resident of its place; 0 is one per processor. With
        more than one, a script that calls this must guard its own start by ``__name__``.
    progress
        Called with what is done and the time left in words, and the share done.
    stop
        Asked several times a second; when it says yes, places in hand are finished and no more
        are begun.
    cache
        Folder of cached populations, see `lazaretto.compiled.cache_folder`.
    seed
        Seed of the populations.

    Returns
    -------
    list
        One entry for each different place in the order given; fewer if stopped.

    Raises
    ------
    CensusError
        If places are not known or their tables have problems; all problems are given, and places
        without a problem have been made unless a place was not known.
    OSError
        If the cache cannot be written, or a process was killed.
    """
    censuses = _read(prefectures() if places is None else places)
    folders = [kept_at(census, seed, cache)[0] for census in censuses]
    work = [
        census.n_persons * (CHECKING if (folder / MANIFEST).is_file() else 1.0)
        for census, folder in zip(censuses, folders, strict=True)
    ]
    order = sorted(range(len(censuses)), key=lambda i: -work[i])
    workers = min(workers or os.cpu_count() or 1, len(censuses))
    done: dict[int, Kept] = {}
    problems: list[str] = []
    began, share = time.monotonic(), 0.0
    for i, made in _each(order, censuses, seed, cache, workers, stop or (lambda: False)):
        if isinstance(made, Kept):
            done[i] = made
        else:
            problems += made
        share += work[i] / max(sum(work), 1.0)
        if progress:
            progress(_said(len(done), len(censuses), time.monotonic() - began, share), share)
    if problems:
        raise CensusError(problems)
    return [done[i] for i in sorted(done)]


def _read(places: Sequence[str | Path]) -> list[CensusArea]:
    """Return the census of each different place; raise the problems of all together."""
    found: dict[str, CensusArea] = {}
    problems: list[str] = []
    for place in places:
        try:
            census = read_area(place)
        except CensusError as error:
            problems += error.problems
        else:
            found.setdefault(census.name, census)
    if problems:
        raise CensusError(problems)
    return list(found.values())


def _said(done: int, places: int, elapsed: float, share: float) -> str:
    left = elapsed * (1.0 - share) / share
    minutes, seconds = divmod(round(left), 60)
    return f"people of {done} of {places} places, {minutes}:{seconds:02d} left"


def _each(
    order: list[int],
    censuses: list[CensusArea],
    seed: int,
    cache: Path | None,
    workers: int,
    stop: Callable[[], bool],
) -> Iterator[tuple[int, Kept | list[str]]]:
    """Make or check places in the order given; yield each as it is done."""
    if workers <= 1:
        for i in order:
            if stop():
                return
            yield i, keep(censuses[i], seed, cache)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=follow_parent) as pool:
        futures: dict[Future[Kept | list[str]], int] = {}
        left = list(reversed(order))
        try:
            while True:
                # Few ahead of the workers, so that little is in hand when asked to stop.
                while left and len(futures) <= workers and not stop():
                    i = left.pop()
                    futures[pool.submit(keep, censuses[i], seed, cache)] = i
                if not futures:
                    return
                finished, _ = wait(futures, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield futures.pop(future), future.result()
        except BrokenProcessPool as error:
            if stop():
                return  # Interrupted before the process could leave that to its parent.
            advice = "where memory was short, use fewer workers"
            raise OSError(f"a process that made people was killed; {advice}") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def follow_parent() -> None:
    """Let a worker finish its work when the user interrupts, and end when its parent is gone."""
    signal(SIGINT, SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def keep(census: CensusArea, seed: int = 0, cache: Path | None = None) -> Kept | list[str]:
    """Make sure that the population of one place is in the cache; return the problems if it cannot.

    Parameters
    ----------
    census, seed, cache
        As for `make_all`.
    """
    began = time.perf_counter()
    folder, key = kept_at(census, seed, cache)
    try:
        people, found = load(folder, key), True
    except CacheError:
        try:
            people, found = make_population(census, seed=seed, threads=1), False
        except CensusError as error:
            return [f"{census.name}: {problem}" for problem in error.problems]
        save(people, folder, key)
    return Kept(
        name=census.name,
        title=census.title,
        persons=people.n_persons,
        compounds=people.n_compounds,
        buildings=people.n_buildings,
        bytes=sum(path.stat().st_size for path in folder.iterdir()),
        seconds=time.perf_counter() - began,
        found=found,
    )
