"""Outcomes: what is counted, what is observed, what confinement costs, as labelled results."""

from lazaretto.outcomes.addresses import Addresses
from lazaretto.outcomes.confinement import Confinement
from lazaretto.outcomes.derived import (
    found_in_quarantine,
    mean_turnaround,
    person_days,
    reported_gross,
    reported_net,
    share_again,
    share_in_quarantine,
)
from lazaretto.outcomes.results import dataset, side_by_side
from lazaretto.outcomes.tally import Tally

__all__ = [
    "Addresses",
    "Confinement",
    "Tally",
    "dataset",
    "found_in_quarantine",
    "mean_turnaround",
    "person_days",
    "reported_gross",
    "reported_net",
    "share_again",
    "share_in_quarantine",
    "side_by_side",
]
