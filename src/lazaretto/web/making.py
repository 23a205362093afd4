"""A job from its order to its run folder, its report and what is shown of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from lazaretto.console.several import written_several
from lazaretto.engine.simulation import Simulation
from lazaretto.reporting import write_report
from lazaretto.scenario import Scenario
from lazaretto.studies import FolderBusyError, Interrupted, run_scenario
from lazaretto.studies.grounds import ground_kept
from lazaretto.studies.pairs import How, own_less_restrictive
from lazaretto.studies.run import RunOutcome
from lazaretto.studies.several import compare_several
from lazaretto.web.jobs import Job, Part
from lazaretto.web.live import watcher
from lazaretto.web.shown import keep_page, proportionate, shown_comparison, shown_run

Send = Callable[[dict[str, Any]], None]
Stop = Callable[[], bool]
Made = TypeVar("Made")


def made_run(job: Job, send: Send, stop: Stop, runs: Path, page: Path) -> Path:
    """Make the run of a job, show it as soon as there is something, and return its run folder.

    Parameters
    ----------
    job
        The job.
    send
        Told ``what`` and ``share``, ``live`` (see `lazaretto.web.live`) and ``shown``.
    stop
        Asked after each day.
    runs
        Where run folders lie.
    page
        File for what is shown.

    Raises
    ------
    Interrupted
        If it was stopped; asked for again it goes on.
    ScenarioError
        If the scenario cannot be run.
    OSError
        If something cannot be written.
    """
    (part,) = job.parts
    scenario = part.read()
    tell = _teller(send)
    watch = watcher(lambda found: send({"live": found}))
    outcome = _made(job, part, scenario, tell, stop, runs, watch)
    tell("drawing", 0.0)
    shown = shown_run(scenario, outcome)
    keep_page(shown, page)
    send({"shown": True})
    less = own_less_restrictive(scenario) if job.beside else None
    results = None
    if less is not None:

        def of_less(what: str, share: float) -> None:
            tell(f"the next less restrictive policy: {what}", share)

        results = _made(job, part, less, of_less, stop, runs, None).results
        keep_page(shown | proportionate(scenario, outcome, results), page)
        send({"shown": True})
    assert outcome.folder is not None
    if results is not None or not (outcome.found and outcome.folder.report.is_file()):
        write_report(scenario, outcome, tell, less_restrictive=results)
    return outcome.folder.path


def made_comparison(job: Job, send: Send, stop: Stop, runs: Path, page: Path) -> Path:
    """Set the policies of a job beside one another and return the run folder of the first.

    Parameters and what is raised are as for `made_run`. Runs made before are found again.
    """
    policies = [part.read() for part in job.parts]
    tell = _teller(send)
    how = How(job.seed, job.replicates, None, runs, tell, stop)
    made = _when_free(lambda: compare_several(policies[0], policies[1:], how), tell, stop)
    tell("drawing", 0.0)
    keep_page(shown_comparison(made), page)
    send({"shown": True})
    assert made.outcome.folder is not None
    written_several(made, page.with_suffix(".html"))
    return made.outcome.folder.path


def _made(
    job: Job, part: Part, scenario: Scenario, tell: Callable[[str, float], None], stop: Stop,
    runs: Path, watch: Callable[[Simulation, int], None] | None,
) -> RunOutcome:  # fmt: skip
    def make() -> RunOutcome:
        return run_scenario(
            scenario, seed=job.seed, replicates=job.replicates, out=runs, progress=tell, stop=stop,
            changed=part.changed, against=part.against, watch=watch,
            ground=ground_kept if scenario.nation is None else None,
        )  # fmt: skip

    return _when_free(make, tell, stop)


def _when_free(make: Callable[[], Made], tell: Callable[[str, float], None], stop: Stop) -> Made:
    """Make something once nobody else is making the very same run."""
    while True:
        try:
            return make()
        except FolderBusyError:
            tell("waiting for the same run, which somebody else asked for", 0.0)
            if stop():
                raise Interrupted from None
            time.sleep(1)


def _teller(send: Send) -> Callable[[str, float], None]:
    return lambda what, share: send({"what": what, "share": share})
