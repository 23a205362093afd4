"""Measures: one small class over places for each policy a public-health officer names."""

from lazaretto.measures.contacts import CloseSchools, CloseWorkplaces, ReduceContacts
from lazaretto.measures.lockdown import Lockdown
from lazaretto.measures.measure import Measure, known_measures
from lazaretto.measures.named import build_measure, build_measures, measure_class, measure_file
from lazaretto.measures.orders import Observed, Orders, Places, Today
from lazaretto.measures.schema import scenario_schema
from lazaretto.measures.testing import Screening, SymptomaticTesting

__all__ = [
    "CloseSchools",
    "CloseWorkplaces",
    "Lockdown",
    "Measure",
    "Observed",
    "Orders",
    "Places",
    "ReduceContacts",
    "Screening",
    "SymptomaticTesting",
    "Today",
    "build_measure",
    "build_measures",
    "known_measures",
    "measure_class",
    "measure_file",
    "scenario_schema",
]
