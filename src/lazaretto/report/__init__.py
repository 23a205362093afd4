"""Figures and the one-file report: what the virus did, what the policy did, how far to trust it."""

from lazaretto.report.chronicle import measures_timeline
from lazaretto.report.confinement_figures import confined_over_time, longest_stays
from lazaretto.report.figures import plot, report_figures, save_figures
from lazaretto.report.fit import Fit, compare
from lazaretto.report.headline import Headline, headline
from lazaretto.report.page import report
from lazaretto.report.reported_by_district import reported_by_district
from lazaretto.report.reported_cases import reported_cases
from lazaretto.report.reproduction import effective_r
from lazaretto.report.tier_map import tier_map
from lazaretto.report.transmission import infections_by_layer

__all__ = [
    "Fit",
    "Headline",
    "compare",
    "confined_over_time",
    "effective_r",
    "headline",
    "infections_by_layer",
    "longest_stays",
    "measures_timeline",
    "plot",
    "report",
    "report_figures",
    "reported_by_district",
    "reported_cases",
    "save_figures",
    "tier_map",
]
