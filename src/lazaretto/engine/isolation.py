"""Isolation: who is kept apart, where, since when, and how they are moved, tested and released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.engine.city import AGE_MASK, City, household_of
from lazaretto.engine.ordered import positions
from lazaretto.engine.state import AT_HOME, State, where_is

CASE, FALSE_POSITIVE, CONTACT, SECOND_CONTACT, COMPANION = range(5)
"""Why a person is isolated, in the order of `lazaretto.words.HELD_AS`."""

KIND = np.array([0, 0, 1, 2, 0], np.int64)
"""Which rule holds for a reason: that of cases (0), contacts (1), contacts of contacts (2).

For a companion that of the child holds."""

HOME = 0
"""Place of a person isolated at home; a bed of stock i is i + 1."""

UNKNOWN_COURSE, UNKNOWN_BY_DAY = 255, 255
NO_RULE = -1

STAY = np.dtype(
    [
        ("reason", np.uint8),
        ("place", np.uint8),
        ("since", np.int16),
        ("negatives", np.uint8),
        ("course", np.uint8),
        ("district", np.uint8),
        ("by_day", np.uint8),
    ]
)
"""What is known of one isolated person, in eight bytes; see `Isolated`."""

COLUMNS = ("reason", "place", "since", "negatives", "course", "district", "by_day")


class Holding(NamedTuple):
    """The rules in force today.

    ``rule`` (3, n_districts) is the rule for each kind, `NO_RULE` if none. By rule: ``days``
    (n_rules, 5) least days, longest days, negative tests needed, days between tests, age band from
    which one is no child;
    ``positive`` (n_rules, n) the chance to be read as positive by day since infection, 31 bits.
    """

    rule: NDArray[np.int64]
    days: NDArray[np.int64]
    positive: NDArray[np.uint32]


@dataclass
class Isolated:
    """Everybody isolated, ascending by person.

    Parameters
    ----------
    person
        Who, shape (n,).
    stay
        What is known of each, of type `STAY`, shape (n,): ``reason``, why (see `CASE` and the
        following); ``place``, `HOME` or 1 + the stock of the bed; ``since``, day on which
        isolation for this reason began; ``negatives``, negative tests in a row; ``course`` of
        infection, `UNKNOWN_COURSE` until it is needed; ``district`` of residence; ``by_day``, what
        the person does by day (`lazaretto.engine.residents.by_day_of`), `UNKNOWN_BY_DAY` at first.
    """

    person: NDArray[np.int32]
    stay: NDArray[Any]

    def __post_init__(self) -> None:
        self._persons, self._stays = self.person, self.stay

    @classmethod
    def nobody(cls) -> Isolated:
        """Return an empty table."""
        return cls(np.empty(0, np.int32), np.empty(0, STAY))

    @property
    def reason(self) -> NDArray[np.uint8]:
        """Why each person is isolated; a view, as the next ones."""
        return self.stay["reason"]

    @property
    def place(self) -> NDArray[np.uint8]:
        """Where each person is isolated."""
        return self.stay["place"]

    @property
    def since(self) -> NDArray[np.int16]:
        """Since when each person is isolated."""
        return self.stay["since"]

    @property
    def district(self) -> NDArray[np.uint8]:
        """Where each person lives."""
        return self.stay["district"]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every column by name."""
        columns = {name: self.stay[name].copy() for name in COLUMNS}
        return {"person": self.person.copy(), **columns}

    def restore(self, saved: dict[str, NDArray[Any]]) -> None:
        """Take over what `arrays` returned at another time."""
        self._persons = self.person = saved["person"]
        self._stays = self.stay = np.zeros(self.person.size, STAY)
        for name in COLUMNS:
            self.stay[name] = saved[name]

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
        stay = np.zeros(n, STAY)
        stay["reason"], stay["place"], stay["since"] = reason, place, day
        stay["course"], stay["by_day"] = UNKNOWN_COURSE, UNKNOWN_BY_DAY
        stay["district"] = district
        size = self.size + n
        if size > self._persons.size:  # room to grow: to fill new memory costs more than to move
            room = size + size // 2
            self._persons, self._stays = np.empty(room, np.int32), np.empty(room, STAY)
            self._persons[: self.size], self._stays[: self.size] = self.person, self.stay
        self.person, self.stay = self._persons[:size], self._stays[:size]
        insert(self.person, _whole(self.stay), person, _whole(stay))

    def turn_into(self, at: NDArray[np.int64], reason: int, day: int) -> None:
        """Isolate persons in the table for another reason from today on."""
        self.reason[at] = reason
        self.since[at] = day
        self.stay["negatives"][at] = 0

    def take_out(self, person: NDArray[np.int32]) -> None:
        """Take persons out of the table, those of them who are in it."""
        at = self.position(person)
        gone = np.zeros(self.size, np.bool_)
        gone[at[at >= 0]] = True
        self.remove(gone)

    def remove(self, gone: NDArray[np.bool_]) -> None:
        """Take persons out of the table, by mask of shape (n,)."""
        if gone.any():
            n = compress(self.person, _whole(self.stay), gone)
            self.person, self.stay = self.person[:n], self.stay[:n]


def _whole(stay: NDArray[Any]) -> NDArray[np.uint64]:
    """Return stays as numbers, which are copied in one piece."""
    return stay.view(np.uint64)


@njit(nogil=True, _nrt=False, cache=True)
def insert(
    person: NDArray[np.int32],
    stay: NDArray[np.uint64],
    new: NDArray[np.int32],
    new_stay: NDArray[np.uint64],
) -> None:
    """Put new persons into a table, both ascending, that ends with as many free rows."""
    i, j = person.size - new.size - 1, new.size - 1
    while j >= 0:
        if i >= 0 and person[i] > new[j]:
            person[i + j + 1], stay[i + j + 1] = person[i], stay[i]
            i -= 1
        else:
            person[i + j + 1], stay[i + j + 1] = new[j], new_stay[j]
            j -= 1


@njit(nogil=True, _nrt=False, cache=True)
def compress(person: NDArray[np.int32], stay: NDArray[np.uint64], gone: NDArray[np.bool_]) -> int:
    """Close the gaps that persons leave, by mask of shape (n,); return how many are left."""
    k = 0
    for i in range(gone.size):
        person[k], stay[k] = person[i], stay[i]
        k += 0 if gone[i] else 1
    return k


@njit(nogil=True, _nrt=False, cache=True)
def count_places(stay: NDArray[Any], out: NDArray[np.int64]) -> None:
    """Count the isolated by place, ``out`` of shape (n_stocks + 1,)."""
    for i in range(stay.size):
        out[stay[i].place] += 1


def persons_by_place(stay: NDArray[Any], n_places: int) -> NDArray[np.int64]:
    """Return how many of the isolated are at each place, shape (n_places,)."""
    out = np.zeros(n_places, np.int64)
    count_places(stay, out)
    return out


@njit(nogil=True, _nrt=False, cache=True)
def who_wants(
    stay: NDArray[Any],
    kind_of: NDArray[np.int64],
    kind: int,
    here: NDArray[np.bool_],
    fits: NDArray[np.bool_],
    first: int,
    last: int,
    by_day: NDArray[np.int64],
    out: NDArray[np.int64],
) -> int:
    """List who is to be moved to other beds; return how many.

    Parameters
    ----------
    stay
        Of the table (`Isolated`).
    kind_of, kind
        `KIND`, and the kind of rule.
    here
        Where the rule holds, shape (n_districts,).
    fits
        Places the rule is content with, shape (n_stocks + 1,).
    first, last
        First and last day on which isolation may have begun for a transfer today.
    by_day
        Receives how many there are by day on which it began, shape (last + 1,).
    out
        Receives positions in the table, shape (n,).
    """
    n = 0
    for i in range(stay.size):
        mine = stay[i]
        # Joined by "&", lest each part be a branch that cannot be foretold.
        wants = (mine.since >= first) & (mine.since <= last) & (not fits[mine.place])
        wants &= here[mine.district] & (kind_of[mine.reason] == kind)
        if wants & (mine.reason != COMPANION):  # who goes where the child goes
            by_day[mine.since] += 1
            out[n] = i
            n += 1
    return n


@njit(nogil=True, _nrt=False, cache=True)
def companions(
    city: City,
    state: State,
    child: NDArray[np.int32],
    first_adult: int,
    person: NDArray[np.int32],
    stay: NDArray[Any],
    bed: int,
    out: NDArray[np.int32],
) -> int:
    """Choose an adult of the household for each child that would be alone; return how many.

    The first one who is at large or isolated at home, else one who is a companion elsewhere.

    Parameters
    ----------
    city, state
        The city and its residents.
    child
        Children about to be moved, ascending, shape (n,).
    first_adult
        Age band from which a member of the household counts as an adult.
    person, stay, bed
        The table (`Isolated`), and the place the children are moved to: who has an adult of the
        household there needs no other.
    out
        Receives the adults, each once, shape (n,).
    """
    n = 0
    for i in range(child.size):
        first, size = household_of(city, np.int64(child[i]))
        adult, follower = np.int64(-1), np.int64(-1)
        for member in range(first, first + size):
            if np.int64(city.attributes[member] & AGE_MASK) < first_adult:
                continue
            at = np.searchsorted(person, member)
            if at < person.size and person[at] == member and stay[at].place == bed:
                adult, follower = np.int64(-1), np.int64(-1)
                break
            if at < person.size and person[at] == member and stay[at].reason == COMPANION:
                follower = np.int64(member) if follower < 0 else follower
            if adult < 0 and where_is(state.whereabouts, member) <= AT_HOME:
                adult = np.int64(member)
        adult = follower if adult < 0 else adult
        # A brother or sister may have brought one already.
        if adult >= 0 and (n == 0 or out[n - 1] < first):
            out[n] = adult
            n += 1
    return n
