"""Isolation: who is kept apart, where, since when, and how they are moved, tested and released."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, low31
from lazaretto.engine.city import AGE_MASK, City, household_of
from lazaretto.engine.ordered import positions
from lazaretto.engine.state import AT_HOME, State, where_is

CASE, FALSE_POSITIVE, CONTACT, SECOND_CONTACT, COMPANION = range(5)
"""Why a person is isolated, in the order of `lazaretto.words.HELD_AS`."""

KIND = np.array([0, 0, 1, 2, 0], np.int64)
"""Which rule holds for a reason: that of cases (0), contacts (1), contacts of contacts (2)."""

HOME = 0
"""Place of a person isolated at home; a bed of stock i is i + 1."""

UNKNOWN_COURSE = 255
NO_RULE = -1


Columns = tuple[NDArray[Any], ...]
"""The columns of `Isolated`, in order."""


class Holding(NamedTuple):
    """The rules in force today.

    ``rule`` (3, n_districts) is the rule for each kind, `NO_RULE` if none. By rule: ``days``
    (n_rules, 4) least days, longest days, negative tests needed, days between tests;
    ``positive`` (n_rules, n) the chance to be read as positive by day since infection, 31 bits.
    """

    rule: NDArray[np.int64]
    days: NDArray[np.int64]
    positive: NDArray[np.uint32]


@dataclass
class Isolated:
    """Everybody isolated, ascending by person; arrays of shape (n,).

    Parameters
    ----------
    person
        Who.
    reason
        Why, see `CASE` and the following.
    place
        `HOME`, or 1 + the stock of the bed.
    since
        Day on which isolation for this reason began.
    negatives
        Negative tests in a row.
    course
        Course of infection, `UNKNOWN_COURSE` until it is needed.
    district
        District of residence.
    """

    person: NDArray[np.int32]
    reason: NDArray[np.uint8]
    place: NDArray[np.uint8]
    since: NDArray[np.int16]
    negatives: NDArray[np.uint8]
    course: NDArray[np.uint8]
    district: NDArray[np.uint8]

    @classmethod
    def nobody(cls) -> Isolated:
        """Return an empty table."""
        small, days = np.empty(0, np.uint8), np.empty(0, np.int16)
        return cls(np.empty(0, np.int32), small, small, days, small, small, small)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @property
    def size(self) -> int:
        """Number of persons."""
        return int(self.person.size)

    def position(self, person: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return where persons are in the table, -1 if they are not, shape (n,)."""
        out = np.empty(person.size, np.int64)
        positions(self.person, person, out)
        return out

    def add(
        self, person: NDArray[np.int32], reason: int, district: NDArray[np.int64], day: int,
        place: int = HOME,
    ) -> None:  # fmt: skip
        """Isolate persons not isolated yet, ascending, at home unless a place is given."""
        n = person.size
        if not n:
            return
        more = Isolated(
            person,
            np.full(n, reason, np.uint8),
            np.full(n, place, np.uint8),
            np.full(n, day, np.int16),
            np.zeros(n, np.uint8),
            np.full(n, UNKNOWN_COURSE, np.uint8),
            district.astype(np.uint8),
        )
        size = self.size + n
        out = Isolated(*(np.empty(size, array.dtype) for array in self.arrays().values()))
        merge(tuple(self.arrays().values()), tuple(more.arrays().values()),
              tuple(out.arrays().values()))  # fmt: skip
        for name, array in out.arrays().items():
            setattr(self, name, array)

    def turn_into(self, at: NDArray[np.int64], reason: int, day: int) -> None:
        """Isolate persons in the table for another reason from today on."""
        self.reason[at] = reason
        self.since[at] = day
        self.negatives[at] = 0

    def take_out(self, person: NDArray[np.int32]) -> None:
        """Take persons out of the table, those of them who are in it."""
        at = self.position(person)
        gone = np.zeros(self.size, np.bool_)
        gone[at[at >= 0]] = True
        self.remove(gone)

    def remove(self, gone: NDArray[np.bool_]) -> None:
        """Take persons out of the table, by mask of shape (n,)."""
        if gone.any():
            n = compress(tuple(self.arrays().values()), gone)
            for name, array in self.arrays().items():
                setattr(self, name, array[:n])


@njit(inline="always", _nrt=False)
def _copy_row(source: Columns, i: int, to: Columns, k: int) -> None:
    to[0][k] = source[0][i]
    to[1][k] = source[1][i]
    to[2][k] = source[2][i]
    to[3][k] = source[3][i]
    to[4][k] = source[4][i]
    to[5][k] = source[5][i]
    to[6][k] = source[6][i]


@njit(nogil=True, _nrt=False, cache=True)
def merge(one: Columns, other: Columns, out: Columns) -> None:
    """Put two tables together by person; all columns as in `Isolated`, ``out`` is written."""
    i, j = 0, 0
    n, m = one[0].size, other[0].size
    for k in range(n + m):
        if j == m or (i < n and one[0][i] <= other[0][j]):
            _copy_row(one, i, out, k)
            i += 1
        else:
            _copy_row(other, j, out, k)
            j += 1


@njit(nogil=True, _nrt=False, cache=True)
def compress(table: Columns, gone: NDArray[np.bool_]) -> int:
    """Close the gaps that persons leave, by mask of shape (n,); return how many are left."""
    k = 0
    for i in range(gone.size):
        if not gone[i]:
            if i > k:
                _copy_row(table, i, table, k)
            k += 1
    return k


@njit(nogil=True, _nrt=False, cache=True)
def test_isolated(
    state: State,
    holding: Holding,
    person: NDArray[np.int32],
    reason: NDArray[np.uint8],
    since: NDArray[np.int16],
    negatives: NDArray[np.uint8],
    district: NDArray[np.uint8],
    kind: NDArray[np.int64],
    day: int,
    key: np.uint64,
    tested: NDArray[np.int64],
    positive: NDArray[np.bool_],
    released: NDArray[np.bool_],
) -> None:
    """Test the isolated in the evening, and say who is released and who newly positive.

    A person not known to be infected is tested every so many days; from the least number of
    days on everybody is, daily, until there are enough negative tests in a row.

    Parameters
    ----------
    state, holding
        The residents and the rules in force.
    person, reason, since, negatives, district
        The table (`Isolated`); ``negatives`` is written.
    kind
        `KIND`.
    day, key
        Today, and the stream of `Purpose.ISOLATION` for today.
    tested
        Receives tests by rule, reason and district, shape (n_rules, 5, n_districts).
    positive, released
        Receive who is newly positive, and who is released, shape (n,).
    """
    for i in range(person.size):
        positive[i] = False
        released[i] = False
        rule = holding.rule[kind[reason[i]], district[i]]
        if rule == NO_RULE:
            released[i] = True
            continue
        stayed = day - np.int64(since[i])
        least, longest = holding.days[rule, 0], holding.days[rule, 1]
        needed, every = holding.days[rule, 2], holding.days[rule, 3]
        if stayed + 1 >= longest:
            released[i] = True
            continue
        leaving = stayed + 1 >= least
        if leaving and needed == 0:
            released[i] = True
            continue
        if not leaving and (reason[i] == CASE or every == 0 or stayed % every != 0):
            continue
        tested[rule, reason[i], district[i]] += 1
        who = np.int64(person[i])
        infected = np.int64(state.infected_on[who])
        found = False
        if infected >= 0 and day - infected < holding.positive.shape[1]:
            found = low31(draw(key, who, 0)) < holding.positive[rule, day - infected]
        if found:
            negatives[i] = 0
            positive[i] = reason[i] != CASE
        elif leaving:
            negatives[i] += 1
            released[i] = negatives[i] >= needed


@njit(nogil=True, _nrt=False, cache=True)
def who_wants(
    reason: NDArray[np.uint8],
    district: NDArray[np.uint8],
    place: NDArray[np.uint8],
    since: NDArray[np.int16],
    kind_of: NDArray[np.int64],
    kind: int,
    here: NDArray[np.bool_],
    fits: NDArray[np.bool_],
    first: int,
    last: int,
    out: NDArray[np.int64],
) -> int:
    """List who is to be moved to other beds; return how many.

    Parameters
    ----------
    reason, district, place, since
        The table (`Isolated`).
    kind_of, kind
        `KIND`, and the kind of rule.
    here
        Where the rule holds, shape (n_districts,).
    fits
        Places the rule is content with, shape (n_stocks + 1,).
    first, last
        First and last day on which isolation may have begun for a transfer today.
    out
        Receives positions in the table, shape (n,).
    """
    n = 0
    for i in range(reason.size):
        if fits[place[i]] or since[i] > last or since[i] < first:
            continue
        if kind_of[reason[i]] == kind and here[district[i]]:
            out[n] = i
            n += 1
    return n


@njit(nogil=True, _nrt=False, cache=True)
def count_held(
    reason: NDArray[np.uint8],
    district: NDArray[np.uint8],
    place: NDArray[np.uint8],
    out: NDArray[np.int64],
) -> None:
    """Count the isolated by district, reason, and at home or not, shape (n_districts, 5, 2)."""
    for i in range(reason.size):
        out[district[i], reason[i], 0 if place[i] == HOME else 1] += 1


@njit(nogil=True, _nrt=False, cache=True)
def companions(
    city: City,
    state: State,
    child: NDArray[np.int32],
    first_adult: int,
    person: NDArray[np.int32],
    place: NDArray[np.uint8],
    bed: int,
    out: NDArray[np.int32],
) -> int:
    """Choose an adult of the household for each child that would be alone; return how many.

    Parameters
    ----------
    city, state
        The city and its residents.
    child
        Children about to be moved, ascending, shape (n,).
    first_adult
        Age band from which a member of the household counts as an adult.
    person, place, bed
        The table (`Isolated`), and the place the children are moved to: who has an adult of the
        household there needs no other.
    out
        Receives the adults, each once, shape (n,).
    """
    n = 0
    for i in range(child.size):
        first, size = household_of(city, np.int64(child[i]))
        adult = np.int64(-1)
        for member in range(first, first + size):
            if np.int64(city.attributes[member] & AGE_MASK) < first_adult:
                continue
            at = np.searchsorted(person, member)
            if at < person.size and person[at] == member and place[at] == bed:
                adult = np.int64(-1)
                break
            if adult < 0 and where_is(state.whereabouts, member) <= AT_HOME:
                adult = np.int64(member)
        # A brother or sister may have brought one already.
        if adult >= 0 and (n == 0 or out[n - 1] < first):
            out[n] = adult
            n += 1
    return n


@njit(nogil=True, _nrt=False, cache=True)
def children_apart(
    city: City, person: NDArray[np.int32], place: NDArray[np.uint8], first_adult: int
) -> int:
    """Return how many children are in a bed without an adult of their household in the same one.

    Parameters
    ----------
    city
        The city.
    person, place
        The table (`Isolated`).
    first_adult
        Age band from which a member of the household counts as an adult.
    """
    apart = 0
    for i in range(person.size):
        who = np.int64(person[i])
        if place[i] == HOME or np.int64(city.attributes[who] & AGE_MASK) >= first_adult:
            continue
        first, size = household_of(city, who)
        accompanied = False
        for step in (-1, 1):
            j = i + step
            while 0 <= j < person.size and first <= person[j] < first + size:
                adult = np.int64(city.attributes[person[j]] & AGE_MASK) >= first_adult
                accompanied |= bool(adult and place[j] == place[i])
                j += step
        if not accompanied:
            apart += 1
    return apart
