"""For the reference engine of a nation: random towns, travel, and measures on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import numpy as np
from nation_towns import Towns
from reference_scenarios import (
    behaviours,
    in_force,
    measures,
    perhaps,
    shares,
    stocks,
    supports,
    vaccinations,
)
from towns import (
    CONFINED,
    CONTACTS,
    START,
    reporting,
    settings_for,
    severe,
    small_town,
    with_protection,
)

from lazaretto.disease import CourseTable, courses, variants
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.measures import (
    ArrivalQuarantine,
    CityClosure,
    ContactTracing,
    Isolation,
    Lockdown,
    Measure,
    PreTravelTest,
    SymptomaticTesting,
    TravelRestriction,
)
from lazaretto.nation.travel import Flows
from lazaretto.people import Population

DAYS = 26
LONGEST_STAY = 4
BEFORE = LONGEST_STAY + 28
"""Days before a run that count: the longest stay and the longest quarantine after it."""


@st.composite
def travel_measures(draw: st.DrawFn, districts: tuple[str, ...]) -> list[Measure]:
    """Return measures on travel of a town, each kind as likely in as out."""
    risk = st.sampled_from([0.0, 100.0, 2_000.0])
    kinds: tuple[tuple[type[Measure], Any], ...] = (
        (CityClosure, {"essential": shares(0.0, 0.5), "leakage": shares(0.0, 0.3)}),
        (TravelRestriction, {"share": shares()}),
        (TravelRestriction, {
            "share": shares(), "of": st.just("entering"), "risk_per_100000": risk}),
        (PreTravelTest, {
            "test": st.sampled_from(["pcr", "antigen"]),
            "hours": st.sampled_from([0.0, 24.0, 48.0]), "compliance": shares(0.5)}),
        (ArrivalQuarantine, {"days": st.integers(1, 5), "risk_per_100000": risk}),
        (ArrivalQuarantine, {"days": st.integers(1, 5), "risk_per_100000": risk}),
        (PreTravelTest, {"compliance": shares(0.5)}),
    )  # fmt: skip
    made: list[Measure] = []
    for kind, fields in kinds:
        if draw(st.booleans()):
            given = {name: draw(field) for name, field in fields.items()}
            made.append(kind(**given, **draw(in_force(kind, districts))))
    return made


@st.composite
def simple(draw: st.DrawFn) -> list[Measure]:
    """Return measures that find cases, so that places come to be at risk."""
    made: list[Measure] = [
        SymptomaticTesting(share=draw(shares(0.3)), delay_days=1, turnaround_days=1)
    ]
    if draw(st.booleans()):
        made.append(Isolation(least_days=draw(st.integers(1, 6))))
    if draw(st.booleans()):
        made.append(ContactTracing(household=0.5, building=0.3, days_before=3, backward=True))
    if draw(st.integers(0, 3)) == 0:
        first = START + timedelta(draw(st.integers(5, 15)))
        made.append(Lockdown(tier=draw(st.integers(1, 3)), **{"from": first}))
    return made


@st.composite
def town_settings(
    draw: st.DrawFn, people: Population, table: CourseTable, seeded: bool
) -> Settings:
    """Return the settings of one town."""
    vaccination = draw(vaccinations(len(people.districts)))
    how = draw(st.integers(0, 5))
    some: list[Measure] = (
        draw(measures(people.districts, vaccination is not None)) if how == 0 else []
    )
    if how > 1:
        some = draw(simple())
    some = [*some, *draw(travel_measures(people.districts))]
    behaviour = draw(behaviours()) if draw(st.booleans()) else None
    if behaviour is not None:
        some += draw(supports(people.districts))
    arrivals = [Arrival(0, 0, people.n_persons, 10)] if seeded else []
    if draw(st.integers(0, 3)) == 0:
        arrivals.append(Arrival(draw(st.integers(1, 15)), 0, people.n_persons, 5))
    severity = draw(st.sampled_from([None, None, 0.3]))
    return settings_for(
        people, r0=draw(st.integers(200, 700)) / 100, n_days=DAYS, table=table,
        contacts=CONTACTS, confinement=CONFINED, arrivals=tuple(arrivals),
        rules=reporting(draw(shares()), draw(shares()), [1, 2, 1]), measures=tuple(some),
        stocks=draw(stocks()), vaccination=vaccination, behaviour=behaviour,
        severity=None if severity is None else severe(severity),
        apart=np.array([1, *(draw(shares(0.0, 0.3)) for _ in range(5))]),
    )  # fmt: skip


@st.composite
def flows(draw: st.DrawFn, sizes: list[int]) -> Flows:
    """Return travel of a tenth to two fifths of the residents a day, on some pairs none."""
    n = len(sizes)
    trips = np.zeros((n, n))
    for home, persons in enumerate(sizes):
        to = [draw(perhaps(1)) or 0 for _ in range(n)]
        to[home] = 0
        weight = np.array(to) * (1 + np.arange(n))
        share = draw(shares(0.1, 0.4))
        trips[home] = persons * share * weight / max(weight.sum(), 1)
    days = BEFORE + DAYS
    kinds = [[0.4, 0.3, 0.2, 0.1], [0.0, 0.0, 0.3, 0.7], [1.0, 0.0, 0.0, 0.0]]
    weeks = -(-days // 7)
    stays = [draw(st.sampled_from(kinds)) for _ in range(weeks)]
    by_day = [draw(st.sampled_from([1.0, 1.0, 0.5, 1.5, 0.0])) for _ in range(weeks)]
    week = np.arange(days) // 7
    return Flows(trips, np.array(stays)[week], np.array(by_day)[week], BEFORE)


@st.composite
def nations(draw: st.DrawFn) -> Towns:
    """Return three towns that travel, with measures of their own."""
    sizes = draw(st.sampled_from([
        ((300, 1), (450, 2), (300, 3)), ((700, 3), (300, 1), (450, 2)),
        ((450, 2), (900, 3), (300, 1)),
    ]))  # fmt: skip
    people = tuple(small_town(*size, draw(st.integers(0, 1))) for size in sizes)
    table = courses(draw(st.sampled_from(variants())))
    first = table.infectiousness.shape[1]  # nobody infectious is infected again
    waning = [draw(shares(0.1)) for _ in range(3)]
    if draw(st.booleans()):
        table = with_protection(table, [0.0] * first + waning)
    settings = tuple(
        draw(town_settings(each, table, seeded=i == 0)) for i, each in enumerate(people)
    )
    travel = draw(flows([each.n_persons for each in people]))
    return Towns(people, settings, travel, draw(st.integers(0, 2**63 - 1)))
