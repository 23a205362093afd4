"""Measures: one small class over places for each policy a public-health officer names."""

from lazaretto.measures.closed_loop import ClosedLoop
from lazaretto.measures.contacts import CloseSchools, CloseWorkplaces, ReduceContacts
from lazaretto.measures.contradictions import Policy, contradictions
from lazaretto.measures.health_care import HealthCare
from lazaretto.measures.isolation import Isolation
from lazaretto.measures.lockdown import Lockdown
from lazaretto.measures.measure import Measure, known_measures
from lazaretto.measures.named import build_measure, build_measures, measure_class, measure_file
from lazaretto.measures.observed import NEVER_POSITIVE, Observed, Today
from lazaretto.measures.opening import OpenResource
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.quarantine import Quarantine
from lazaretto.measures.rules import Rules
from lazaretto.measures.schema import scenario_schema
from lazaretto.measures.screening import Screening
from lazaretto.measures.stocks import Stock, stocks_of
from lazaretto.measures.support import (
    FoodDelivery,
    IncomeSupport,
    LongestStay,
    MedicalPasses,
    OfficialInformation,
    VisitingRights,
)
from lazaretto.measures.symptomatic_testing import SymptomaticTesting
from lazaretto.measures.timeline import Timeline, timeline
from lazaretto.measures.tracing import ContactTracing
from lazaretto.measures.travel import (
    ArrivalQuarantine,
    CityClosure,
    PreTravelTest,
    TravelMeasure,
    TravelRestriction,
)
from lazaretto.measures.travel_orders import RISK_DAYS, Entry, TravelOrders
from lazaretto.measures.treatment import Antivirals
from lazaretto.measures.triggers import Condition, Trigger
from lazaretto.measures.vaccination import VaccinationCampaign
from lazaretto.measures.zones import Zones

__all__ = [
    "NEVER_POSITIVE",
    "RISK_DAYS",
    "Antivirals",
    "ArrivalQuarantine",
    "CityClosure",
    "CloseSchools",
    "CloseWorkplaces",
    "ClosedLoop",
    "Condition",
    "ContactTracing",
    "Entry",
    "FoodDelivery",
    "HealthCare",
    "IncomeSupport",
    "Isolation",
    "Lockdown",
    "LongestStay",
    "Measure",
    "MedicalPasses",
    "Observed",
    "OfficialInformation",
    "OpenResource",
    "Orders",
    "Places",
    "Policy",
    "PreTravelTest",
    "Quarantine",
    "ReduceContacts",
    "Rules",
    "Screening",
    "Stock",
    "SymptomaticTesting",
    "Timeline",
    "Today",
    "TravelMeasure",
    "TravelOrders",
    "TravelRestriction",
    "Trigger",
    "VaccinationCampaign",
    "VisitingRights",
    "Zones",
    "build_measure",
    "build_measures",
    "contradictions",
    "known_measures",
    "measure_class",
    "measure_file",
    "scenario_schema",
    "stocks_of",
    "timeline",
]
