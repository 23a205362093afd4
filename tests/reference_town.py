"""For the reference engine: keyed numbers as chances, and the residents in their places."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from lazaretto.people import Population

ALWAYS = 1 << 31
"""A 31-bit number is always below this."""


def low31(bits: int) -> int:
    """Return the low 31 bits."""
    return bits & 0x7FFFFFFF


def high31(bits: int) -> int:
    """Return the high 31 of 64 bits."""
    return bits >> 33


def pick(bits: int, n: int) -> int:
    """Return a number from 0 to n - 1 from the high 32 of 64 bits."""
    return (bits >> 32) * n >> 32


def chance(probability: float) -> int:
    """Return the number a 31-bit number is below with this probability."""
    return round(min(max(float(probability), 0.0), 1.0) * ALWAYS)


def cumulative(probabilities: Sequence[float]) -> list[int]:
    """Return the cumulative chances; from the last possible outcome on they are certain."""
    chances = [chance(p) for p in accumulate(probabilities)]
    last = max(i for i, p in enumerate(probabilities) if p > 0)
    return chances[:last] + [ALWAYS] * (len(chances) - last)


def outcome_of(cumulative_chances: Sequence[int], value: int) -> int:
    """Return the first outcome whose cumulative chance is above the value."""
    return min(bisect_right(cumulative_chances, value), len(cumulative_chances) - 1)


def one_of_the_others(place: range, person: int, bits: int) -> int:
    """Return someone in a place by lot, not the person; the ids above are shifted by one."""
    if person not in place:
        return place[pick(bits, len(place))]
    met = place[pick(bits, len(place) - 1)]
    return met + 1 if met >= person else met


class Town:
    """The residents and their places; persons of one place have consecutive numbers."""

    def __init__(self, people: Population) -> None:
        attributes = people.attributes.tolist()
        self.n_persons = len(attributes)
        self.districts = people.districts
        self.n_districts = len(people.districts)
        self.age = [a & 0b11111 for a in attributes]
        self.essential = [1 if a & 0b1000000 else 0 for a in attributes]
        heads = [person for person, a in enumerate(attributes) if a & 0b100000]
        self.households = Places([*heads, self.n_persons])
        self.buildings = Places(people.building_start.tolist())
        self.compounds = Places(people.compound_start.tolist())
        self.subdistricts = Places(people.subdistrict_start.tolist())
        self.districts_of = Places(people.district_start.tolist())
        self.building_compound = [self.compounds.number[p] for p in self.buildings.first()]
        self.building_district = [self.districts_of.number[p] for p in self.buildings.first()]
        self.compound_district = [self.districts_of.number[p] for p in self.compounds.first()]
        self.compound_subdistrict = [self.subdistricts.number[p] for p in self.compounds.first()]
        member, start = people.member.tolist(), people.group_start.tolist()
        self.groups = [member[start[g] : start[g + 1]] for g in range(len(start) - 1)]
        self.group_of = {person: g for g, persons in enumerate(self.groups) for person in persons}
        self.n_schools = people.n_schools
        self.mixing = [[chance(p) for p in accumulate(row)] for row in people.mixing.tolist()]
        for row in self.mixing:
            row[-1] = ALWAYS

    def household(self, person: int) -> range:
        """Return the members of a person's household."""
        return self.households.around(person)

    def building(self, person: int) -> range:
        """Return the residents of a person's building."""
        return self.buildings.around(person)

    def compound(self, person: int) -> range:
        """Return the residents of a person's compound."""
        return self.compounds.around(person)

    def subdistrict(self, person: int) -> range:
        """Return the residents of a person's subdistrict."""
        return self.subdistricts.around(person)

    def district(self, number: int) -> range:
        """Return the residents of a district."""
        return self.districts_of.residents(number)

    def building_number(self, person: int) -> int:
        """Return the building a person lives in."""
        return self.buildings.number[person]

    def compound_number(self, person: int) -> int:
        """Return the compound a person lives in."""
        return self.compounds.number[person]

    def subdistrict_number(self, person: int) -> int:
        """Return the subdistrict a person lives in."""
        return self.subdistricts.number[person]

    def district_number(self, person: int) -> int:
        """Return the district a person lives in."""
        return self.districts_of.number[person]


class Places:
    """Places of one kind, each the persons from its start to the start of the next."""

    def __init__(self, starts: list[int]) -> None:
        self.starts = starts
        self.number = [i for i in range(len(self)) for _ in self.residents(i)]
        """Place of each person."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def first(self) -> list[int]:
        """Return the first person of each place."""
        return self.starts[:-1]

    def residents(self, number: int) -> range:
        """Return the residents of a place."""
        return range(self.starts[number], self.starts[number + 1])

    def around(self, person: int) -> range:
        """Return the residents of the place that a person lives in."""
        return self.residents(self.number[person])
