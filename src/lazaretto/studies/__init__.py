"""Studies: one run or many of a scenario, kept in a run folder."""

from lazaretto.studies.changes import Changes, changes
from lazaretto.studies.lock import FolderBusyError
from lazaretto.studies.observed import Observed, observed_cases
from lazaretto.studies.run import Interrupted, RunOutcome, cores, run_scenario
from lazaretto.studies.run_folder import RunFolder, find_runs

__all__ = [
    "Changes",
    "FolderBusyError",
    "Interrupted",
    "Observed",
    "RunFolder",
    "RunOutcome",
    "changes",
    "cores",
    "find_runs",
    "observed_cases",
    "run_scenario",
]
