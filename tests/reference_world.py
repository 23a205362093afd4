"""For the reference engine: what it keeps of persons, of samples and of places."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from reference_town import Town, chance, cumulative

from lazaretto.chance import draw_plain, stream_key
from lazaretto.engine.settings import Settings
from lazaretto.measures import Orders, Places
from lazaretto.outcomes import Tally
from lazaretto.people import Population

AT_LARGE, AT_HOME, AWAY, DEAD = "at large", "isolated at home", "in a facility", "dead"
"""Where a person is; a hospital is a facility."""

CASE, FALSE_POSITIVE, CONTACT, SECOND_CONTACT, COMPANION = range(5)
"""Why a person is isolated, in the order of `lazaretto.words.HELD_AS`."""

MILD, WARD, CRITICAL = range(3)
EXPECTED, WITHOUT_BED, IN_BED = "expected", "without a bed", "in bed"

NEVER = -(1 << 14)
"""Day of the last positive of a place that never had one."""


@dataclass(eq=False)
class Case:
    """One infection of one person."""

    day: int
    person: int
    source: Case | None
    origin: int
    course: int
    onset: int | None
    """Day of first symptoms, counted from infection."""
    severity: int
    entered: int | None = None
    """Day on which a traveller came in; None for others."""


@dataclass(eq=False)
class Traveller:
    """One infected traveller, who is a resident from the day of release on."""

    person: int
    infected_on: int
    found_on: int | None = None
    """Day on which the border finds the traveller; None if it does not."""
    last: int = 0
    """Last infectious day."""


@dataclass
class Stay:
    """A person's isolation."""

    reason: int
    since: int
    bed: int | None = None
    """Stock of the bed; None at home."""
    negatives: int = 0
    """Negative tests in a row."""


@dataclass
class Sample:
    """A positive sample, or the sample of a person not infected that is read as positive."""

    person: int
    taken: int
    false: bool
    turnaround: int
    lab: int | None
    """Stock of the laboratory; None where it was read where it was taken."""
    position: int = 0
    """Number of its tube among all that ever reached the laboratory."""
    due: int | None = None
    """Day of the result; None while the tube waits."""
    where: str = ""
    """Where the person was when sampled, one of `FOUND_WHERE`."""


@dataclass(eq=False)
class Patient:
    """A person whose infection will be, or is, severe."""

    person: int
    level: int
    """0 for a ward, 1 for intensive care."""
    doses: int
    need: int
    ends: int
    lot: int
    dies: int
    """Chance to die given a bed."""
    status: str = EXPECTED


@dataclass
class Met:
    """How often the rarer rules mattered, so that a test can ask for enough of each."""

    reinfections: int = 0
    contested: int = 0
    """Persons with more than one infector on the day of infection."""
    drawn_tie_breaks: int = 0
    """Of those, decided by the order of exposures."""
    not_made_by_age: int = 0
    """Contacts drawn in the community and not made for the ages of the two."""
    not_made_by_source: int = 0
    not_made_by_target: int = 0
    not_made_apart: int = 0
    """Contacts not made because one of the two is isolated at home or away."""
    not_made_on_site: int = 0
    """Contacts of staff who live on site with others that are not made for it."""
    made_in_queues: int = 0
    """Contacts of a compound made only because it queues for tests."""
    confined: int = 0
    """Person-days behind closed gates."""
    mixed_compounds: int = 0
    """Compound-days on which buildings of one compound differ in tier."""
    waited_in_labs: int = 0
    """Positive tubes not read on the day they came."""
    slow_reviews: int = 0
    """Positives whose review took longer than the quickest."""
    turned_away: int = 0
    """Infected visitors turned away by full clinics."""
    positive_by_error: int = 0
    named: int = 0
    """Contacts outside the household found by tracers."""
    given_up: int = 0
    backward: int = 0
    """Infectors named."""
    second_contacts: int = 0
    turned_cases: int = 0
    """Persons isolated for another reason who became cases."""
    turned_contacts: int = 0
    """Contacts of contacts who turned out to be contacts."""
    transferred: int = 0
    no_bed: int = 0
    """Person-days without a bed in a facility."""
    no_seat: int = 0
    companions: int = 0
    left_with_child: int = 0
    followed: int = 0
    caught_in_facilities: int = 0
    caught_on_buses: int = 0
    released_by_tests: int = 0
    released_late: int = 0
    kept_by_positive_tests: int = 0
    admitted: int = 0
    no_hospital_bed: int = 0
    """Person-days severely ill without a bed."""
    beds_not_staffed: int = 0
    died: int = 0
    died_without_bed: int = 0
    treated: int = 0
    no_course: int = 0
    """Persons not treated because courses had run out."""
    spared: int = 0
    """Severe illness prevented by treatment."""
    doses: int = 0
    doses_ran_out: int = 0
    spared_by_vaccine: int = 0
    """Exposures that did not infect because of a vaccine."""
    slipped: int = 0
    """Contacts made although a tier did not allow them."""
    asked_to_leak: int = 0
    leaking: int = 0
    joining: int = 0
    made_in_crowds: int = 0
    not_active: int = 0
    """Contacts not made because a household meets nobody at all."""
    triggered: int = 0
    """Place-days with a trigger on."""
    ended: int = 0
    """Times a trigger ended."""
    came_in: int = 0
    """Travellers put into the run."""
    watched_at_home: int = 0
    found_at_home: int = 0
    """Travellers whom the border finds at home."""
    let_go: int = 0
    """Travellers let go after days at home."""


@dataclass
class World:
    """A town, its residents, and what is known of them; the rules are in the classes above it.

    Parameters
    ----------
    people, settings
        As for `lazaretto.engine.simulation.Simulation`.
    """

    people: Population
    settings: Settings
    cases: list[Case] = field(init=False, default_factory=list)
    """Every infection, by day and person."""
    last_case: dict[int, Case] = field(init=False, default_factory=dict)
    known: set[int] = field(init=False, default_factory=set)
    """Persons whose last infection was found."""
    where: dict[int, str] = field(init=False, default_factory=dict)
    """Where persons are who are not at large."""
    isolated: dict[int, Stay] = field(init=False, default_factory=dict)
    samples: list[Sample] = field(init=False, default_factory=list)
    """Positive samples whose result is not known yet."""
    queue: list[tuple[int, int]] = field(init=False, default_factory=list)
    """Cases waiting for a tracer: day of the result, person."""
    fresh: list[int] = field(init=False, default_factory=list)
    """Cases whose result came since households were last looked up."""
    patients: list[Patient] = field(init=False, default_factory=list)
    riders: list[tuple[int, int, float]] = field(init=False, default_factory=list)
    """Who rides today: person, bus, contacts on that bus."""
    met: Met = field(init=False, default_factory=Met)
    keys: dict[tuple[int, int], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        settings, people = self.settings, self.people
        town = self.town = Town(people)
        self._read_disease()
        n_stocks = len(settings.stocks)
        shape = (settings.n_days, town.n_districts, n_stocks, len(town.subdistricts))
        self.counts = Tally.of(*shape)
        measures = settings.measures
        self.looked_for = any(measure.finds_infected for measure in measures)
        self.persons_move = self.looked_for or any(measure.moves_persons for measure in measures)
        border = settings.border
        if border is not None and border.infected.any():
            self.persons_move |= any(stay.home_days for stay in border.stays)
        self.triggered = [measure.idle(self._places()) for measure in measures]
        detectable = {"pcr": settings.courses.pcr, "antigen": settings.courses.antigen}
        self.orders = Orders(self._places(), detectable, settings.stocks)
        self.used, self.waiting = [0] * n_stocks, [0] * n_stocks
        self.left = [0] * n_stocks
        """Courses left, and thousandths of doses carried over."""
        self.tubes_arrived, self.tubes_read = [0] * n_stocks, [0] * n_stocks
        self.last_positive = {
            "building": [NEVER] * len(town.buildings),
            "compound": [NEVER] * len(town.compounds),
            "subdistrict": [NEVER] * len(town.subdistricts),
        }
        self.positive_days: list[list[int]] = [[] for _ in range(len(town.compounds))]
        """Days with a new positive, by compound."""
        self.stay = [0] * len(town.buildings)
        self.longest = [0] * len(town.buildings)
        self.last_stay = [0] * len(town.buildings)
        self.let_out = [-(1 << 14)] * len(town.buildings)
        given = settings.vaccination
        self.dose_days = None if given is None else given.dose_day.tolist()
        self.risks = None if given is None else given.risk.tolist()

    def _places(self) -> Places:
        people, town = self.people, self.town
        return Places(
            districts=people.districts,
            district_persons=np.diff(people.district_start).astype(np.int64),
            compound_district=np.array(town.compound_district),
            compound_persons=np.diff(people.compound_start).astype(np.int64),
            compound_subdistrict=np.array(town.compound_subdistrict),
            building_compound=np.array(town.building_compound),
            building_persons=np.diff(people.building_start).astype(np.int64),
        )

    def _read_disease(self) -> None:
        courses, contacts = self.settings.courses, self.settings.contacts
        self.by_day = courses.infectiousness.round(12).tolist()
        self.per_day, self.weight = contacts.per_day.tolist(), contacts.weight.tolist()
        self.strength = [n * w for n, w in zip(self.per_day, self.weight, strict=True)]
        self.by_age = contacts.by_age.tolist()
        self.own_subdistrict = chance(contacts.own_subdistrict)
        highest = max(courses.susceptibility)
        self.susceptible = [chance(s / highest) for s in courses.susceptibility]
        self.protection = [chance(p) for p in courses.protection]
        wanes = [day for day, p in enumerate(courses.protection) if p > 0]
        self.wanes_after = wanes[0] if wanes else None
        self.symptomatic = [chance(p) for p in courses.symptomatic_share]
        self.courses = [cumulative(row) for row in courses.probability.tolist()]
        self.onsets = cumulative(courses.onset_probability.tolist())
        self.latent = courses.latent_days.tolist()

    def key(self, purpose: int, day: int = 0) -> int:
        """Return the key of a stream of numbers."""
        if (purpose, day) not in self.keys:
            self.keys[purpose, day] = int(stream_key(self.settings.seed, purpose, day))
        return self.keys[purpose, day]

    def lot(self, purpose: int, day: int, entity: int, index: int = 0) -> int:
        """Return 64 random bits of a stream."""
        return draw_plain(self.key(purpose, day), entity, index)

    def where_is(self, person: int) -> str:
        """Return where a person is."""
        return self.where.get(person, AT_LARGE)

    def move(self, person: int, where: str) -> None:
        """Move a person."""
        if where == AT_LARGE:
            self.where.pop(person, None)
        else:
            self.where[person] = where

    def rule_in(self, rules: list, district: int):
        """Return the first rule that holds in a district, None if there is none."""
        return next((rule for where, rule in rules if where[district]), None)

    def free(self, stock: int) -> int:
        """Return how much of a stock of today is not used yet."""
        return max(int(self.orders.amount[stock]) - self.used[stock], 0)
