"""The evening of the isolated: who is tested, who is found, who may go."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lazaretto.chance import draw, low31
from lazaretto.engine.city import AGE_MASK, City, household_of
from lazaretto.engine.isolation import CASE, COMPANION, NO_RULE, Holding
from lazaretto.engine.memory import AHEAD, prefetch
from lazaretto.engine.state import State


@njit(_nrt=False)
def child_with(
    city: City,
    holding: Holding,
    person: NDArray[np.int32],
    stay: NDArray[Any],
    kind: NDArray[np.int64],
    i: int,
    gone: NDArray[np.bool_],
) -> np.int64:
    """Return where in the table a child is whom the companion ``i`` is with, -1 if nowhere.

    The first child of the household in the same place for whom a rule is in force and who is not
    among those ``gone``, shape (n,).
    """
    first, size = household_of(city, np.int64(person[i]))
    j = i
    while j > 0 and person[j - 1] >= first:
        j -= 1
    while j < person.size and person[j] < first + size:
        other = stay[j]
        rule = holding.rule[kind[other.reason], other.district]
        if other.place == stay[i].place and other.reason != COMPANION and rule != NO_RULE:
            young = np.int64(city.attributes[person[j]] & AGE_MASK) < holding.days[rule, 4]
            if young and (gone.size == 0 or not gone[j]):
                return np.int64(j)
        j += 1
    return np.int64(-1)


@njit(nogil=True, _nrt=False, cache=True)
def test_isolated(
    city: City,
    state: State,
    holding: Holding,
    person: NDArray[np.int32],
    stay: NDArray[Any],
    kind: NDArray[np.int64],
    piece: tuple[int, int],
    day: int,
    key: np.uint64,
    tested: NDArray[np.int64],
    rules: NDArray[np.int64],
    positive: NDArray[np.bool_],
    released: NDArray[np.bool_],
) -> None:
    """Test the isolated in the evening, and say who is released and who newly positive.

    A person not known to be infected is tested every so many days; from the least number of
    days on everybody is, daily, until there are enough negative tests in a row. A companion is
    tested as the child is, and released by `release_companions`.

    Parameters
    ----------
    city, state, holding
        The city, the residents and the rules in force.
    person, stay
        The table (`Isolated`); negative tests are written.
    kind
        `KIND`.
    piece
        First row that is looked at, and the one after the last.
    day, key
        Today, and the stream of `Purpose.ISOLATION` for today.
    tested
        Receives tests by rule, reason and district, shape (n_rules, 5, n_districts).
    rules
        Receives the rule of each, shape (n,).
    positive, released
        Receive who is newly positive, and who is released, shape (n,); of companions none is.
        All false before.
    """
    for i in range(piece[0], piece[1]):
        prefetch(state.infected_on, person[min(i + AHEAD, person.size - 1)])
        mine = stay[i]
        reason, accompanies = mine.reason, mine.reason == COMPANION
        if accompanies:
            # Whoever is released tonight is still there when tests are made: nobody is gone.
            child = child_with(city, holding, person, stay, kind, i, positive[:0])
            if child < 0:
                rules[i], released[i] = NO_RULE, True
                continue
            reason = stay[child].reason
        rule = holding.rule[kind[reason], mine.district]
        rules[i] = rule
        if rule == NO_RULE:
            released[i] = True
            continue
        stayed = np.int32(day - mine.since)  # numbers of 32 bits are divided in half the time
        least, longest = holding.days[rule, 0], holding.days[rule, 1]
        needed, every = holding.days[rule, 2], holding.days[rule, 3]
        leaving = not accompanies and stayed + 1 >= least
        if not accompanies and (stayed + 1 >= longest or (leaving and needed == 0)):
            released[i] = True
            continue
        if not leaving and (mine.reason == CASE or every == 0 or stayed % np.int32(every) != 0):
            continue
        tested[rule, mine.reason, mine.district] += 1
        who = np.int64(person[i])
        infected = np.int64(state.infected_on[who])
        found = False
        if infected >= 0 and day - infected < holding.positive.shape[1]:
            found = low31(draw(key, who, 0)) < holding.positive[rule, day - infected]
        if found:
            mine.negatives = 0
            positive[i] = mine.reason != CASE
        elif leaving:
            mine.negatives += 1
            released[i] = mine.negatives >= needed


@njit(nogil=True, _nrt=False, cache=True)
def release_companions(
    city: City,
    holding: Holding,
    person: NDArray[np.int32],
    stay: NDArray[Any],
    kind: NDArray[np.int64],
    released: NDArray[np.bool_],
) -> None:
    """Release companions together with the last child they are with.

    Parameters
    ----------
    city, holding, person, stay, kind
        As for `test_isolated`.
    released
        Who is released, shape (n,); written for companions.
    """
    for i in range(person.size):
        if stay[i].reason == COMPANION and not released[i]:
            released[i] = child_with(city, holding, person, stay, kind, i, released) < 0
