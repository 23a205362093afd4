"""Care of the severely ill: beds by ward and intensive care, and what their lack costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import Purpose
from lazaretto.engine.city import ESSENTIAL
from lazaretto.engine.containment import Containment, Persons, first_rule
from lazaretto.engine.hospital import EXPECTED, IN_BED, WITHOUT_BED, expected
from lazaretto.engine.infection import CRITICAL, MILD, severities, unpacked
from lazaretto.engine.isolation import NO_RULE
from lazaretto.engine.laboratories import ON_THE_SPOT
from lazaretto.engine.residents import incomes_of
from lazaretto.engine.state import AT_LARGE, AWAY, DEAD, mark, marked
from lazaretto.engine.vaccinated import doses_of
from lazaretto.measures import Orders
from lazaretto.words import CARE

ICU = 1


def expect(
    c: Containment, day: int, person: Persons, record: NDArray[np.uint32], today: int
) -> None:
    """Note which of those new to the run will be severely ill.

    Parameters
    ----------
    c
        The containment of the run.
    day
        Day of infection.
    person, record
        The newly infected and their records, shape (n,).
    today
        Today; who comes from abroad was infected before it.
    """
    severity = c.settings.severity
    which = np.flatnonzero(severities(record) > MILD)
    # Who is severely ill, or about to be, does not become so a second time.
    if which.size and today >= c.rates.wanes_after:
        which = which[~np.isin(person[which], c.patients.person)]
    if not which.size or severity is None:
        return
    person = person[which]
    age, onset, severe = unpacked(record[which])
    district = c.districts(person)
    doses = np.empty(person.size, np.int64)
    left = np.empty(person.size, np.uint64)
    doses_of(c.state.vaccine, person, district, age, day, doses, left)
    risk = left.astype(np.float64) / 2.0**31
    c.patients.add(
        expected(
            person,
            district.astype(np.uint8),
            age.astype(np.uint8),
            doses.astype(np.uint8),
            severe == CRITICAL,
            onset,
            risk,
            severity,
            day,
            c.key(Purpose.SEVERITY, day),
        )
    )


def progress(c: Containment, day: int, orders: Orders) -> None:
    """Let the severely ill come to hospital, leave it, or die.

    Parameters
    ----------
    c
        The containment of the run.
    day
        Today, after its transmission.
    orders
        Those of today.
    """
    patients = c.patients
    if not patients.person.size:
        return
    rules = orders.rules.care
    rule_of = first_rule([mask for mask, _ in rules], len(c.places.districts))
    worse = np.array([*(rule.worse for _, rule in rules), 1.0])  # the last: where there is no rule
    patients.status[(patients.status == EXPECTED) & (patients.need <= day)] = WITHOUT_BED
    over = (patients.ends <= day) & (patients.status != EXPECTED)
    if over.any():
        factor = np.where(patients.status == WITHOUT_BED, worse[rule_of[patients.district]], 1.0)
        chance = np.minimum(patients.chance * factor, 2.0**31)
        dies = over & (patients.lot < chance)
        _die(c, day, dies, rule_of[patients.district] != NO_RULE)
        if c.moves:
            well = np.sort(patients.person[over & ~dies & (patients.status == IN_BED)])
            in_hospital = (c.where(well) == AWAY) & (c.isolated.position(well) < 0)
            c.move(well[in_hospital], AT_LARGE, day + 1)
        patients.keep(~over)
    absent = _absent(c) if any(rule.absence > 0 for _, rule in rules) else 0.0
    for number in (NO_RULE, *range(len(rules))):
        _admit(c, day, orders, rule_of == number, number, absent)


def _admit(
    c: Containment,
    day: int,
    orders: Orders,
    here: NDArray[np.bool_],
    number: int,
    absent: float,
) -> None:
    """Take patients into free beds, those who need one longest first."""
    patients = c.patients
    rule = None if number == NO_RULE else orders.rules.care[number][1]
    for level in (ICU, 0):
        waits = (patients.status == WITHOUT_BED) & (patients.level == level)
        at = np.flatnonzero(waits & here[patients.district])
        name = None if rule is None else (rule.icu if level == ICU else rule.ward)
        if rule is not None and name is not None:
            stock = orders.stock(name)
            staffed = int(orders.amount[stock] * max(1 - rule.absence * absent, 0.0))
            taken = (patients.status == IN_BED) & (patients.level == level)
            used = int((taken & here[patients.district]).sum())
            shared = _share_beds(orders, name, level)
            at = at[np.lexsort((patients.lot[at], patients.need[at]))]
            n = max(staffed - int((taken & shared[patients.district]).sum()), 0)
            c.used[stock] += used + min(n, at.size)
            c.waiting[stock] += max(at.size - n, 0)
            at = at[:n]
        patients.status[at] = IN_BED
        by_age = c.tally.admissions[day, :, :, level]
        np.add.at(by_age, (patients.age[at].astype(np.int64), _counted(patients.doses[at])), 1)
        if c.moves and rule is not None and at.size:
            _enter(c, day, orders, np.sort(patients.person[at]))


def _share_beds(orders: Orders, name: str, level: int) -> NDArray[np.bool_]:
    """Return the districts whose patients of a level lie in a stock of beds, shape (n_d,)."""
    rules = orders.rules.care
    names = [rule.icu if level == ICU else rule.ward for _, rule in rules]
    rule_of = first_rule([mask for mask, _ in rules], len(orders.places.districts))
    return np.isin(rule_of, [i for i, other in enumerate(names) if other == name])


def _enter(c: Containment, day: int, orders: Orders, person: Persons) -> None:
    """Move persons to hospital; who is not known to be infected is tested there."""
    known = np.empty(person.size, np.bool_)
    marked(c.state.known, person, known)
    unknown = person[~known]
    found_where = c.found_where(unknown)
    c.isolated.take_out(person)
    none = np.zeros(unknown.size, np.uint32)
    if orders.rules.symptoms:
        c.laboratories.receive(
            ON_THE_SPOT,
            unknown.size,
            unknown,
            none,
            day,
            np.zeros(unknown.size, np.int16),
            found_where,
            np.zeros(unknown.size, np.bool_),
        )
    c.move(person, AWAY, day + 1)


def _die(c: Containment, day: int, dies: NDArray[np.bool_], in_care: NDArray[np.bool_]) -> None:
    patients = c.patients
    np.add.at(c.tally.deaths[day], patients.district[dies], 1)
    np.add.at(c.tally.deaths_by_age[day], (patients.age[dies], _counted(patients.doses[dies])), 1)
    dead = patients.person[dies]
    compound = c.places.building_compound[c.buildings(dead)]
    incomes = incomes_of(c.city, c.income, c.key(Purpose.INCOME), dead, compound)
    np.add.at(c.tally.deaths_by_income[day], incomes, 1)
    if c.moves:
        person = np.sort(patients.person[dies & in_care])
        c.isolated.take_out(person)
        mark(c.state.protected, person)
        c.move(person, DEAD, day + 1)


def _absent(c: Containment) -> float:
    """Return the share of essential workers isolated or in hospital."""
    return absent_essential(c) / max(c.essential_workers, 1)


def absent_essential(c: Containment) -> int:
    """Return how many essential workers are isolated or in hospital."""
    isolated = c.city.attributes[c.isolated.person] & ESSENTIAL
    return int(np.count_nonzero(isolated)) + essential_in_hospital(c)


def essential_in_hospital(c: Containment) -> int:
    """Return how many essential workers are in hospital."""
    in_bed = np.sort(c.patients.person[c.patients.status == IN_BED])  # found faster in order
    in_bed = in_bed[(c.where(in_bed) == AWAY) & (c.isolated.position(in_bed) < 0)]
    return int(np.count_nonzero(c.city.attributes[in_bed] & ESSENTIAL))


def count_patients(c: Containment, day: int) -> None:
    """Count patients in bed by district and level, and those without a bed."""
    patients = c.patients
    in_bed = patients.status == IN_BED
    where = (patients.district[in_bed], patients.level[in_bed])
    np.add.at(c.tally.patients[day], where, 1)
    waiting = patients.level[patients.status == WITHOUT_BED]
    c.tally.patients_waiting[day] = np.bincount(waiting, minlength=len(CARE))


def _counted(doses: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.minimum(doses, 3).astype(np.int64)
