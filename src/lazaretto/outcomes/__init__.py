"""Outcomes: what is counted, what is observed, what confinement costs, as labelled results."""

from lazaretto.outcomes.confinement import Confinement
from lazaretto.outcomes.results import dataset, reported_gross, reported_net, side_by_side
from lazaretto.outcomes.tally import Tally

__all__ = [
    "Confinement",
    "Tally",
    "dataset",
    "reported_gross",
    "reported_net",
    "side_by_side",
]
