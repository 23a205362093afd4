"""How many runs a study makes, how many it finds, and how long the rest will take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from lazaretto.scenario import Scenario
from lazaretto.studies.manifest import read_manifest
from lazaretto.studies.run_folder import RunFolder, digest_of, inputs_of

MINUTE, HOUR = 60, 3600


class Plan:
    """The runs of a study, those made before among them, counted down as they are made.

    Parameters
    ----------
    scenarios
        What will be run, each as often as there are replicates.
    seed, replicates, out
        As for `lazaretto.studies.run.run_scenario`.
    announce
        Told at once what there is to do, and after the first run how long the others may take.
    """

    def __init__(
        self,
        scenarios: Iterable[Scenario],
        seed: int,
        replicates: int,
        out: Path | None,
        announce: Callable[[str], None],
    ) -> None:
        wanted = [(each.name, digest_of(inputs_of(each, seed, replicates))) for each in scenarios]
        left = [each for each in wanted if out is None or not _is_there(out, *each)]
        self._announce, self._replicates = announce, replicates
        self._left = len(left)
        self._timed = False
        announce(_said(len(wanted) * replicates, len(left) * replicates))

    def made(self, seconds: float) -> None:
        """Count a scenario that was run, and after the first one tell how long the rest takes."""
        self._left -= 1
        if self._timed or self._left < 1:
            return
        self._timed = True
        self._announce(
            f"the first {_first(self._replicates)} took {duration(seconds)}; the other "
            f"{self._left * self._replicates} will take about {duration(seconds * self._left)}"
        )


def duration(seconds: float) -> str:
    """Return a duration in words: "8.2 s", "12 min", "2.5 h"."""
    if seconds < MINUTE:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.1f} h"


def _said(wanted: int, left: int) -> str:
    if left == 0:
        return f"{_runs(wanted)}, all made before and found"
    if left == wanted:
        return f"{_runs(wanted)} to make, none made before"
    return f"{_runs(wanted)}: {wanted - left} made before and found, {left} to make"


def _first(number: int) -> str:
    return "run" if number == 1 else _runs(number)


def _runs(number: int) -> str:
    return f"{number} run{'' if number == 1 else 's'}"


def _is_there(out: Path, name: str, digest: str) -> bool:
    """Return whether a run is finished by its manifest alone; its files are read when needed."""
    found = read_manifest(RunFolder.of(out, name, digest).path)
    return found is not None and found["digest"] == digest
