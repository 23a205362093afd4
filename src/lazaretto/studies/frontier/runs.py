"""One run of the frontier: an outbreak, a lockdown that begins, and whether that ends it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazaretto.engine.city import city_of
from lazaretto.engine.prepare import Prepared, prepare
from lazaretto.engine.rates import build_rates
from lazaretto.engine.seeding import Arrival
from lazaretto.engine.settings import Settings
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.transmissibility import Meeting, meeting, solve
from lazaretto.measures import Isolation, Lockdown, Measure, Screening
from lazaretto.people import Population
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.studies.frontier.threshold import OUTSIDE
from lazaretto.words import SEALED

R0S = (2.0, 2.6, 3.3, 4.3, 5.5, 7.1, 9.3, 12.0)
"""R0 at which runs are made; evenly spread in their logarithm."""

ARRIVALS = 10
"""Infections of the first day, residents taken at random; a lockdown can begin with them."""

DAYS = 84
"""Days from the beginning of a lockdown within which an outbreak must end, 12 weeks as in
Hellewell et al. 2020, doi 10.1016/S2214-109X(20)30074-7."""

LONGEST_WAIT = 200
"""Days that an outbreak has to become large enough for the lockdown to begin."""

TIMES, FEWEST = 10, 2_000
"""A run is given up once so many times more persons are infected at a time than had been infected
when the lockdown began, and at least so many; see
`lazaretto.studies.frontier.answer.bound_error`."""

PARTICIPATION = 0.95
"""Share of residents who come to be screened, always the same persons; assumed."""

TOO_LATE = date(2100, 1, 1)

START = date(2022, 3, 1)


class Point(NamedTuple):
    """What one run is of.

    ``disease`` a variant; ``interval`` days between two screenings of a resident, 0: nobody is
    screened; ``start`` infections so far when the lockdown begins; ``r0``; ``leakage`` share of
    usual contacts outside the household that go on under lockdown; ``seed`` of the run.
    """

    disease: str
    interval: int
    start: int
    r0: float
    leakage: float
    seed: int


class Ended(NamedTuple):
    """How a run ended.

    ``contained`` whether nobody was infected any more within `DAYS` days of lockdown; ``begun``
    the day of the run on which the lockdown began, -1 if the outbreak died out before; ``days``
    of lockdown until it ended or was given up; ``sealed`` person-days in a sealed building in that
    time; ``before`` and ``infections`` persons infected before the lockdown and in all.
    """

    contained: bool
    begun: int
    days: int
    sealed: int
    before: int
    infections: int


@dataclass
class Town:
    """A place on which runs are made again and again.

    Parameters
    ----------
    people
        The population.
    settings, met
        The settings without measures, and how residents meet, by disease.
    """

    people: Population
    settings: dict[str, Settings] = field(default_factory=dict)
    met: dict[str, Meeting] = field(default_factory=dict)
    solved: dict[tuple[str, float], float] = field(default_factory=dict)
    """Transmissibilities solved so far, by disease and R0."""

    def add(self, disease: str, settings: Settings) -> None:
        """Add a disease, with the settings of a scenario in which it spreads."""
        self.settings[disease] = settings
        self.met[disease] = meeting(self.people, city_of(self.people), settings.courses)

    def check(self, disease: str) -> None:
        """Raise `ScenarioError` if residents meet too few others for the largest R0, or too many.

        Parameters
        ----------
        disease
            One that was added.
        """
        settings, r0 = self.settings[disease], R0S[-1]
        try:
            build_rates(settings.courses, settings.contacts, self.transmissibility(disease, r0))
        except ValueError as error:
            allowed = f"a place whose contacts can bring about an R0 of {r0:g}"
            said = [Problem("place", self.people.name, allowed, str(error))]
            raise ScenarioError(said) from error

    def transmissibility(self, disease: str, r0: float) -> float:
        """Return the transmissibility at an R0."""
        if (disease, r0) not in self.solved:
            settings = self.settings[disease]
            found = solve(r0, self.met[disease], settings.courses, settings.contacts)
            self.solved[disease, r0] = found
        return self.solved[disease, r0]


def prepared_town(base: dict[str, object], diseases: tuple[str, ...]) -> Town:
    """Return a place on which runs can be made.

    Parameters
    ----------
    base
        What is taken from a scenario, as `base_of` returns it.
    diseases
        The variants.

    Raises
    ------
    ScenarioError
        If the place cannot be made.
    """
    town = None
    for disease in diseases:
        ready: Prepared = prepare(scenario_of(base, disease), 0)
        town = town or Town(ready.people)
        town.add(disease, ready.settings)
        town.check(disease)
    if town is None:
        raise ValueError("at least one disease is needed")
    return town


def base_of(place: str, scenario: Scenario | None = None) -> dict[str, object]:
    """Return what runs take from a place, or from a scenario: its place and its contacts."""
    if scenario is None:
        return {"place": place}
    return {"place": scenario.place, "contacts": scenario.resolved()["contacts"]}


def scenario_of(base: dict[str, object], disease: str) -> Scenario:
    """Return the open city in which a disease spreads, with beds for all who are found."""
    beds = {"name": "beds", "unit": "beds", "opened": [{"amount": 10_000_000}]}
    end = START + timedelta(days=LONGEST_WAIT + DAYS)
    return Scenario.from_mapping(
        base | {"name": "frontier", "title": "Frontier", "disease": disease, "resources": [beds],
                "start": START.isoformat(), "end": end.isoformat(), "seeding": []}
    )  # fmt: skip


def measures_of(interval: int) -> tuple[Measure, ...]:
    """Return the measures of a run, not yet in force.

    Everybody is sealed. Where there is screening, every resident who takes part is tested every
    ``interval`` days by PCR, with the result a day later, and whoever is found is taken out of the
    household the day after.
    """
    later = {"from": TOO_LATE}
    sealed = Lockdown.model_validate(later | {"tier": "sealed"})
    if interval == 0:
        return (sealed,)
    away = Isolation.model_validate(later | {"beds": ["beds"]})
    rounds = Screening.model_validate(
        later | {"participation": PARTICIPATION, "interval_days": interval}
    )
    return sealed, away, rounds


def left_in_lockdown(leakage: float, like: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return confinement tables in which sealed residents keep a share of contacts outside.

    The same share of everybody's usual contacts in every layer but the household, shape (4, 2, 6).
    """
    table = like.copy()
    table[SEALED] = np.where(OUTSIDE, leakage, 1.0)
    return table


def settings_of(town: Town, point: Point) -> Settings:
    """Return the settings of a run; its measures are not yet in force."""
    base = town.settings[point.disease]
    return replace(
        base,
        seed=point.seed,
        transmissibility=town.transmissibility(point.disease, point.r0),
        confinement=left_in_lockdown(point.leakage, base.confinement),
        arrivals=(Arrival(0, 0, town.people.n_persons, ARRIVALS),),
        measures=measures_of(point.interval),
    )


def begin_lockdown(simulation: Simulation) -> None:
    """Put the measures in force from the next day on."""
    first = {"first": simulation.date}
    measures = tuple(m.model_copy(update=first) for m in simulation.settings.measures)
    simulation.settings = replace(simulation.settings, measures=measures)


def made(town: Town, point: Point, days: int = DAYS, bounded: bool = True) -> Ended:
    """Make one run.

    The lockdown begins on the first day before which ``start`` persons have been infected (on the
    day of the arrivals if these are as many).

    Parameters
    ----------
    town
        The place.
    point
        What the run is of.
    days
        Days of lockdown within which the outbreak must end.
    bounded
        Whether it is given up early when it has grown too large to end in time.
    """
    begun, before = 0, ARRIVALS
    with Simulation(town.people, settings_of(town, point), 1) as run:
        if point.start > ARRIVALS:
            while run.day == 0 or (run.infections < point.start and infectious(run)):
                if run.day == LONGEST_WAIT:
                    break
                run.advance()
            begun, before = run.day, run.infections
            if before < point.start:
                return Ended(not infectious(run), -1, 0, 0, before, before)
        begin_lockdown(run)
        bound = bound_of(before) if bounded else np.iinfo(np.int64).max
        infected = before
        while run.day - begun < days and 0 < infected <= bound:
            run.advance()
            infected = infectious(run)
        sealed = int(run.tally.persons_by_tier[:, :, SEALED].sum())
        return Ended(not infected, begun, run.day - begun, sealed, before, run.infections)


def bound_of(before: int) -> int:
    """Return the number infected at a time above which a run is given up."""
    return max(TIMES * before, FEWEST)


def infectious(run: Simulation) -> int:
    """Return the persons infected who can still infect somebody on a day to come.

    Those who were isolated are among them.
    """
    since = run.day - 1
    last_day = run.rates.last_day
    return sum(
        int((last_day[cohort.record & np.uint32(0xFF)] > since - cohort.day).sum())
        for cohort in run.cohorts
    )
