"""What a user writes: a scenario in YAML, read, checked and completed with sourced defaults."""

from lazaretto.scenario.area_checks import check_areas
from lazaretto.scenario.checks import DISEASES
from lazaretto.scenario.model import MeasureEntry, Scenario, json_schema
from lazaretto.scenario.problems import Problem, ScenarioError, did_you_mean, one_of, shown
from lazaretto.scenario.reading import library, problems_of
from lazaretto.scenario.resources import Opening, Resource
from lazaretto.scenario.section import Section
from lazaretto.scenario.seeding import ALL, Seeding
from lazaretto.scenario.sourced import Sourced, Unit, sourced
from lazaretto.scenario.vaccination import PRODUCTS, Vaccination
from lazaretto.scenario.written import as_date

__all__ = [
    "ALL",
    "DISEASES",
    "PRODUCTS",
    "MeasureEntry",
    "Opening",
    "Problem",
    "Resource",
    "Scenario",
    "ScenarioError",
    "Section",
    "Seeding",
    "Sourced",
    "Unit",
    "Vaccination",
    "as_date",
    "check_areas",
    "did_you_mean",
    "json_schema",
    "library",
    "one_of",
    "problems_of",
    "shown",
    "sourced",
]
