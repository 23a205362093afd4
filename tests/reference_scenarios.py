"""For the reference engine: random small towns, diseases, stocks and measures of every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import numpy as np
from towns import (
    CONFINED,
    CONTACTS,
    START,
    doses,
    reporting,
    responsive,
    settings_for,
    severe,
    small_town,
    stock,
    with_protection,
)

from lazaretto.disease import courses, variants
from lazaretto.engine.age_mixing import AT_RANDOM
from lazaretto.engine.rates import ContactRates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings, Vaccination
from lazaretto.measures import (
    Antivirals,
    ClosedLoop,
    CloseSchools,
    CloseWorkplaces,
    ContactTracing,
    FoodDelivery,
    HealthCare,
    IncomeSupport,
    Isolation,
    Lockdown,
    LongestStay,
    Measure,
    MedicalPasses,
    OfficialInformation,
    OpenResource,
    Quarantine,
    ReduceContacts,
    Screening,
    Stock,
    SymptomaticTesting,
    Trigger,
    VaccinationCampaign,
    VisitingRights,
    Zones,
)
from lazaretto.people import Population
from lazaretto.scenario.behaviour import Behaviour
from lazaretto.words import LAYERS

DAYS = 50
STOCKS = {
    "labs": ("tubes/day", 120), "clinics": ("visits/day", 12), "tracers": ("tracers", 4),
    "hall": ("beds", 30), "hotel": ("beds", 12), "buses": ("seats/day", 12),
    "ward": ("beds", 6), "icu": ("beds", 3), "pills": ("courses", 3), "shots": ("doses/day", 12),
}  # fmt: skip
"""Names of stocks, their units, and about as much as a small town runs out of."""


@dataclass(frozen=True)
class Made:
    """A scenario made by Hypothesis."""

    people: Population
    settings: Settings

    def __repr__(self) -> str:
        rules = "\n".join(repr(measure) for measure in self.settings.measures)
        return f"{self.people} seed {self.settings.seed}\n{rules}"


def shares(low: float = 0.0, high: float = 1.0) -> st.SearchStrategy[float]:
    """Return shares in steps of a hundredth, 0 and 1 among them where allowed."""
    return st.integers(round(100 * low), round(100 * high)).map(lambda n: n / 100)


def perhaps(value: Any) -> st.SearchStrategy[Any]:
    """Return a value or none, the value more often."""
    return st.sampled_from([value, value, None])


@st.composite
def protections(draw: st.DrawFn) -> list[float]:
    """Return a protection that wanes within the run, now and then never or at once to nothing."""
    first = draw(st.integers(5, 35))
    rest = draw(st.lists(shares(0.05), max_size=8))
    return [0.0] * first + rest or [0.0]


@st.composite
def mixings(draw: st.DrawFn) -> np.ndarray:
    """Return how likely ages meet in the community: at random, or by a table, some never."""
    if draw(st.booleans()):
        return AT_RANDOM
    seed = draw(st.integers(0, 9))
    table = np.random.default_rng(seed).choice([0.0, 0.1, 0.3, 0.5, 0.7, 1.0], (18, 18))
    if draw(st.booleans()):
        table[3] = 0.0  # an age that meets nobody
    return table


@st.composite
def stocks(draw: st.DrawFn) -> tuple[Stock, ...]:
    """Return every stock, with amounts that change now and then, down to none."""
    made = []
    for name, (unit, most) in STOCKS.items():
        thirds = [draw(st.integers(0, 2 * most)) for _ in range(3)]
        days = [thirds[3 * day // DAYS] for day in range(DAYS)]
        more = {}
        if name in ("hall", "hotel"):
            more = {"contacts": draw(st.sampled_from([0.0, 3.0, 10.0, 60.0])),
                    "bus_contacts": draw(st.sampled_from([0.0, 8.0, 60.0]))}  # fmt: skip
        made.append(stock(name, unit, days, **more))
    return tuple(made)


# -- when and where ----------------------------------------------------------------------------


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    """Return something that officials may see."""
    days, few = st.integers(1, 9), st.integers(1, 8)
    several = st.integers(1, 30)
    return st.one_of(
        st.fixed_dictionaries({"cases": st.fixed_dictionaries({"days": days, "number": several})}),
        st.fixed_dictionaries({"found_in_community": st.fixed_dictionaries(
            {"days": days, "share": shares(0.05)})}),
        st.fixed_dictionaries({"deaths": st.fixed_dictionaries({"days": days, "number": few})}),
        st.fixed_dictionaries({"patients": st.fixed_dictionaries({"number": few})}),
        st.fixed_dictionaries({"positive_within": days}),
        st.fixed_dictionaries({"days_clear": days}),
        st.fixed_dictionaries({"stock": st.fixed_dictionaries(
            {"name": st.sampled_from(sorted(STOCKS)), "waiting": several})}),
        st.fixed_dictionaries({"stock": st.fixed_dictionaries(
            {"name": st.sampled_from(sorted(STOCKS)), "used": shares(0.3)})}),
    )  # fmt: skip


@st.composite
def triggers(draw: st.DrawFn, kind: type[Measure]) -> Trigger:
    """Return a trigger at a level that the measure can act on."""
    levels = ["city", "district"]
    if kind.acts_on == "compounds":
        levels += ["subdistrict", "compound"]
    made = {"level": draw(st.sampled_from(levels)), "on": draw(conditions()),
            "least_days": draw(st.integers(1, 12))}  # fmt: skip
    if draw(st.booleans()):
        made["off"] = draw(conditions())
    return Trigger.model_validate(made)


@st.composite
def in_force(draw: st.DrawFn, kind: type[Measure], districts: tuple[str, ...]) -> dict[str, Any]:
    """Return dates, areas and trigger of a measure."""
    first = draw(st.one_of(st.none(), st.integers(-5, DAYS // 2)))
    last = draw(st.one_of(st.none(), st.none(), st.integers((first or 0) + 5, DAYS + 5)))
    return {
        "from": None if first is None else START + timedelta(first),
        "to": None if last is None else START + timedelta(last),
        "areas": draw(
            st.just("all") | st.lists(st.sampled_from(districts), min_size=1, unique=True)
        ),
        "when": draw(st.one_of(st.none(), st.none(), triggers(kind))),
    }


# -- measures ----------------------------------------------------------------------------------

Fields = Callable[[st.DrawFn], dict[str, Any]]


def sampling(draw: st.DrawFn) -> dict[str, Any]:
    """Return how samples are taken."""
    test = draw(st.sampled_from(["pcr", "pcr", "antigen"]))
    quickest = draw(st.integers(0, 2))
    return {
        "test": test,
        "turnaround_days": draw(st.integers(0, 4)),
        "review_days": quickest,
        "longest_review_days": draw(st.one_of(st.none(), st.integers(quickest, 5))),
        "specificity": draw(st.sampled_from([None, 0.95, 0.99])),
        "labs": draw(perhaps("labs")) if test == "pcr" else None,
    }


def symptomatic_testing(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "share": draw(shares()), "delay_days": draw(st.integers(0, 60)) / 10,
        "background": draw(st.sampled_from([0.0, 0.002, 0.02])),
        "clinics": draw(perhaps("clinics")), **sampling(draw),
    }  # fmt: skip


def screening(draw: st.DrawFn) -> dict[str, Any]:
    given = sampling(draw)
    tiers = st.lists(st.sampled_from(["open", "precaution", "controlled", "sealed"]), max_size=3)
    return {
        "interval_days": draw(st.integers(1, 12)), "participation": draw(shares()),
        "together": draw(st.booleans()), "tiers": draw(st.one_of(st.just([]), tiers)),
        "pool": draw(st.sampled_from([1, 5, 10, 20])) if given["test"] == "pcr" else 1,
        "crowding": draw(st.sampled_from([0.0, 0.6, 1.0])), **given,
    }  # fmt: skip


def holding(draw: st.DrawFn) -> dict[str, Any]:
    beds = draw(st.sampled_from([[], ["hall"], ["hotel", "hall"], ["hotel"], ["hall"]]))
    return {
        "beds": beds, "transfer_days": draw(st.integers(0, 3)),
        "seats": draw(perhaps("buses")) if beds else None, "bus": draw(st.integers(1, 12)),
        "child_age": draw(st.sampled_from([0, 15, 20])), "with_parent": draw(perhaps(True)) is True,
        "test_every": draw(st.integers(0, 4)), "negatives": draw(st.integers(0, 3)),
        **sampling(draw),
    }  # fmt: skip


def isolation(draw: st.DrawFn) -> dict[str, Any]:
    least = draw(st.integers(0, 12))
    return {
        "least_days": least, "longest_days": max(least, 1) + draw(st.integers(0, 15)),
        **holding(draw),
    }  # fmt: skip


def quarantine(draw: st.DrawFn, of: str = "contacts") -> dict[str, Any]:
    return {"of": of, "days": draw(st.integers(1, 14)), **holding(draw)}


def second_quarantine(draw: st.DrawFn) -> dict[str, Any]:
    return quarantine(draw, "second_contacts")


def tracing(draw: st.DrawFn) -> dict[str, Any]:
    recall = {layer: draw(shares(0.0, 0.4)) for layer in LAYERS if layer != "household"}
    return {
        "household": draw(shares()), **recall, "days_before": draw(st.integers(0, 5)),
        "delay_days": draw(st.integers(0, 3)), "tracers": draw(perhaps("tracers")),
        "cases_per_tracer": draw(st.integers(1, 20)) / 4, "longest_wait": draw(st.integers(0, 4)),
        "backward": draw(st.booleans()),
        "second_degree": draw(st.sampled_from([True, True, False])),
        "second_days": draw(st.integers(1, 2)),
    }  # fmt: skip


def antivirals(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "share": draw(shares(0.5)), "from_age": draw(st.sampled_from([0, 20, 60])),
        "within_days": draw(st.integers(0, 15)), "efficacy": draw(shares(0.3)),
        "courses": draw(perhaps("pills")),
    }  # fmt: skip


def health_care(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "ward": draw(perhaps("ward")), "icu": draw(perhaps("icu")),
        "worse": draw(st.integers(4, 20)) / 4, "absence": draw(st.sampled_from([0.0, 0.5, 4.0])),
    }  # fmt: skip


def campaign(draw: st.DrawFn) -> dict[str, Any]:
    dose = draw(st.sampled_from([1, 1, 2, 3, 4]))
    return {
        "doses": "shots", "dose": dose, "ages": ["60+", "15-59"],
        "uptake": [draw(shares(0.6)), draw(shares())], "gap_days": draw(st.integers(0, 15)),
    }  # fmt: skip


def zones(draw: st.DrawFn) -> dict[str, Any]:
    unit = draw(st.sampled_from(["building", "compound", "subdistrict"]))
    return {
        "unit": unit, "sealed_days": draw(st.integers(0, 9)),
        "monitored_days": draw(st.integers(0, 9)),
        "otherwise": draw(st.sampled_from(["open", "precaution"])),
        "building_days": draw(st.integers(0, 12)),
        "neighbourhood_days": draw(st.integers(0, 6)) if unit != "subdistrict" else 0,
    }  # fmt: skip


KINDS: tuple[tuple[type[Measure], Fields], ...] = (
    (SymptomaticTesting, symptomatic_testing),
    (Zones, zones),
    (Lockdown, lambda draw: {"tier": draw(st.integers(0, 3))}),
    (Screening, screening),
    (Isolation, isolation),
    (ContactTracing, tracing),
    (Quarantine, quarantine),
    (CloseSchools, lambda draw: {"factor": draw(shares())}),
    (CloseWorkplaces, lambda draw: {
        "factor": draw(shares()), "essential_factor": draw(shares(0.5))}),
    (ReduceContacts, lambda draw: {
        "layers": draw(st.lists(st.sampled_from(LAYERS), min_size=1, unique=True)),
        "factor": draw(shares(0.4))}),
    (ClosedLoop, lambda draw: {"share": draw(shares())}),
    (HealthCare, health_care),
    (Antivirals, antivirals),
    (VaccinationCampaign, campaign),
    (OpenResource, lambda draw: {
        "stock": draw(st.sampled_from(sorted(STOCKS))), "amount": draw(st.integers(1, 20))}),
    (Screening, screening),
    (Isolation, isolation),
    (ContactTracing, tracing),
    (Quarantine, second_quarantine),
    (SymptomaticTesting, symptomatic_testing),
    (HealthCare, health_care),
    (Quarantine, quarantine),
    (VaccinationCampaign, campaign),
)  # fmt: skip


FROM_FIRST_TO_LAST = (
    SymptomaticTesting, Screening, Isolation, ContactTracing, Quarantine, Antivirals, HealthCare,
    VaccinationCampaign,
)  # fmt: skip
"""Measures that in half of the scenarios are in force everywhere and always."""


@st.composite
def measures(draw: st.DrawFn, districts: tuple[str, ...], vaccinated: bool) -> list[Measure]:
    """Return some measures, each kind as likely in as out; or none; or most, from first to last."""
    how = draw(st.integers(0, 9))
    chosen = 0 if how == 0 else draw(st.integers(0, 2 ** len(KINDS) - 1))
    made: list[Measure] = []
    for i, (kind, fields) in enumerate(KINDS):
        if kind is VaccinationCampaign and not vaccinated:
            continue
        first = not any(isinstance(other, kind) for other in made)
        if how > 4 and first and kind in FROM_FIRST_TO_LAST:
            made.append(kind(**fields(draw)))
        elif chosen >> i & 1:
            made.append(kind(**fields(draw), **draw(in_force(kind, districts))))
    return made


@st.composite
def vaccinations(draw: st.DrawFn, n_districts: int) -> Vaccination | None:
    """Return who is vaccinated at the start and in the first weeks, or nobody."""
    if draw(st.integers(0, 3)) == 0:
        return None
    first = sorted(draw(st.lists(st.integers(-120, 30), max_size=3, unique=True)))
    return doses(n_districts, first, draw(st.integers(0, 9)), draw(shares()))


SUPPORT: tuple[tuple[type[Measure], Fields], ...] = (
    (FoodDelivery, lambda draw: {"share": draw(shares())}),
    (MedicalPasses, lambda draw: {"share": draw(shares())}),
    (IncomeSupport, lambda draw: {"share": draw(shares())}),
    (OfficialInformation, lambda draw: {"accuracy": draw(shares())}),
    (VisitingRights, lambda draw: {"share": draw(shares()), "contacts": draw(shares(0, 0.3))}),
    (LongestStay, lambda draw: {
        "days": draw(st.integers(3, 20)), "rest_days": draw(st.integers(1, 6))}),
)  # fmt: skip


@st.composite
def supports(draw: st.DrawFn, districts: tuple[str, ...]) -> list[Measure]:
    """Return support of some kinds, in half of the scenarios none; each kind once."""
    chosen = draw(st.integers(0, 2 ** (len(SUPPORT) + 1) - 1))
    if chosen >> len(SUPPORT):
        return []
    return [
        kind(**fields(draw), **draw(in_force(kind, districts)))
        for i, (kind, fields) in enumerate(SUPPORT)
        if chosen >> i & 1
    ]


@st.composite
def behaviours(draw: st.DrawFn) -> Behaviour | None:
    """Return people who respond, in a quarter of the scenarios nobody."""
    if draw(st.integers(0, 3)) == 0:
        return None
    off = {
        part: {"active": False}
        for part in draw(
            st.lists(
                st.sampled_from(["fatigue", "hardship", "risk", "trust", "messages"]), max_size=2
            )
        )
    }
    leakage = {"at_start": draw(st.integers(1, 50)) / 100, "habit": draw(shares()),
               "spread_person": draw(shares()), "visits_building": draw(shares()),
               "visits_compound": draw(shares()), "visits_elsewhere": draw(shares())}  # fmt: skip
    few = draw(st.sampled_from([None, None, None, {"share": 0.6, "left_in_lockdown": 0.7}]))
    return responsive(
        leakage=leakage, few_active=few, enforcement=draw(st.sampled_from([0, 1])), **off
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Made:
    """Return a town and the settings of a run."""
    n_persons, n_districts = draw(st.sampled_from([
        (300, 1), (300, 3), (450, 2), (700, 3), (700, 3), (1_000, 2), (1_500, 3),
    ]))  # fmt: skip
    people = small_town(n_persons, n_districts, draw(st.integers(0, 2)))
    table = courses(draw(st.sampled_from(variants())))
    table = with_protection(table, draw(protections()))
    contacts = ContactRates(
        np.array([draw(st.integers(0, 40)) / 10 for _ in LAYERS]) + CONTACTS.per_day / 4,
        np.array([draw(shares(0.1)) for _ in LAYERS]),
        draw(shares(0.5)),
        draw(shares()),
    )
    confinement = draw(st.sampled_from([CONFINED, None]))
    if confinement is None:
        some = [draw(shares()) for _ in range(36)]
        confinement = np.concatenate([np.ones(12), some]).reshape(4, 2, 6)
    arrivals = []
    for _ in range(draw(st.integers(1, 5))):
        first = draw(st.integers(0, n_persons - 1))
        last = draw(st.integers(first + 1, n_persons))
        arrivals.append(Arrival(draw(st.integers(0, 30)), first, last, draw(st.integers(1, 12))))
    rules = reporting(
        draw(shares()), draw(shares()), draw(st.lists(st.integers(1, 9), min_size=1, max_size=20))
    )
    severity = draw(st.sampled_from([None, 0.05, 0.3, 0.6]))
    vaccination = draw(vaccinations(n_districts))
    made = settings_for(
        people, r0=draw(st.integers(80, 1000)) / 100, n_days=DAYS,
        seed=draw(st.integers(0, 2**63 - 1)), table=table, contacts=contacts,
        confinement=confinement, arrivals=tuple(arrivals), rules=rules,
        measures=tuple(draw(measures(people.districts, vaccination is not None))),
        stocks=draw(stocks()), vaccination=vaccination,
        severity=None if severity is None else severe(severity),
        apart=np.array([1, *(draw(shares(0.0, 0.3)) for _ in LAYERS[1:])]),
    )  # fmt: skip
    support = tuple(draw(supports(people.districts)))
    made = replace(made, behaviour=draw(behaviours()), measures=(*made.measures, *support))
    return Made(people, replace(made, contacts=contacts._replace(by_age=draw(mixings()))))
