"""What is done every day with all buildings, in one pass each."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(nogil=True, cache=True)
def tire(
    tier: NDArray[np.uint8],
    fresh: NDArray[np.float64],
    kept: NDArray[np.float64],
    fatigue: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write fatigue one day later, shape (n_buildings,).

    Parameters
    ----------
    tier, fatigue
        Tier and fatigue (0 to 1) of each building, shape (n_buildings,).
    fresh, kept
        By tier: fatigue that comes in a day, and the share of it that stays, shape (4,).
    out
        Receives the fatigue.
    """
    for building in range(tier.size):
        mine = tier[building]
        out[building] = fresh[mine] + fatigue[building] * kept[mine]


@njit(nogil=True, cache=True)
def begin_and_end_spells(
    tier: NDArray[np.uint8],
    first_closed: int,
    district: NDArray[np.int64],
    persons: NDArray[np.integer],
    kinds: NDArray[np.int64],
    day: int,
    closed_on: NDArray[np.int16],
    in_spell: NDArray[np.int64],
    at_tier: NDArray[np.int64],
) -> None:
    """Count residents by tier, and move them when their confinement begins or ends.

    Parameters
    ----------
    tier, district, persons, kinds
        By building: its tier today, its district and its residents, shape (n_buildings,), these
        also by kind of household, shape (n_buildings, 10).
    first_closed
        Lowest tier behind closed gates.
    day
        Today.
    closed_on
        Day on which each building was closed (negative: it is not), shape (n_buildings,); written.
    in_spell
        Residents by first day of confinement, district and kind, shape (n_days, n_districts, 10);
        written.
    at_tier
        Receives residents by district and tier, shape (n_districts, 4), all 0 before.
    """
    for building in range(tier.size):
        here, mine = district[building], tier[building]
        at_tier[here, mine] += persons[building]
        closed, since = mine >= first_closed, np.int64(closed_on[building])
        if closed == (since >= 0):
            continue
        first = np.int64(day) if closed else since
        for kind in range(kinds.shape[1]):
            in_spell[first, here, kind] += (
                kinds[building, kind] if closed else -kinds[building, kind]
            )
        closed_on[building] = day if closed else -1


@njit(nogil=True, cache=True)
def moods(
    compound: NDArray[np.integer],
    closed_on: NDArray[np.int16],
    tired: NDArray[np.float64],
    logit: NDArray[np.int16],
    crowd: NDArray[np.uint16],
    free: int,
    base: NDArray[np.int16],
    fatigue: NDArray[np.uint8],
    spell: NDArray[np.int16],
    joins: NDArray[np.uint16],
) -> None:
    """Write what decides who leaks in each building, see `lazaretto.behaviour.response.Mood`.

    Parameters
    ----------
    compound, closed_on, tired
        By building: its compound, the day on which it was closed (negative: it is not), its
        fatigue (0 to 1), shape (n_buildings,).
    logit, crowd
        By compound: logit to leak, and 16-bit chance to take part in a break-out.
    free
        ``spell`` of a building that is not closed.
    base, fatigue, spell, joins
        Receive them, shape (n_buildings,); fatigue in 256 steps.
    """
    for building in range(compound.size):
        here, since = compound[building], closed_on[building]
        base[building] = logit[here]
        fatigue[building] = np.int64(min(tired[building] * 256.0, 255.0))
        spell[building] = since if since >= 0 else free
        joins[building] = crowd[here] if since >= 0 else 0


@njit(nogil=True, cache=True)
def means_of_compounds(
    compound: NDArray[np.integer],
    residents: NDArray[np.int64],
    closed_on: NDArray[np.int16],
    district: NDArray[np.int64],
    fatigue: NDArray[np.float64],
    suffered: NDArray[np.float64],
    persons: NDArray[np.int64],
    tired: NDArray[np.float64],
    short: NDArray[np.float64],
) -> None:
    """Count the residents behind closed gates of each compound, and mean how they fare.

    Parameters
    ----------
    compound, residents, closed_on, district, fatigue
        By building: its compound, its residents, the day on which it was closed (negative: it is
        not), its district, its fatigue (0 to 1); shape (n_buildings,).
    suffered
        Hardship by first day of confinement and district, 0 to 1, shape (n_days + 1, n_districts).
    persons, tired, short
        Receive the residents, their mean fatigue and their mean hardship, shape (n_compounds,),
        all 0 before.
    """
    for building in range(compound.size):
        day = closed_on[building]
        if day < 0:
            continue
        here, n = compound[building], residents[building]
        persons[here] += n
        tired[here] += n * fatigue[building]
        short[here] += n * suffered[day, district[building]]
    for i in range(persons.size):
        if persons[i] > 0:
            tired[i] /= persons[i]
            short[i] /= persons[i]


@njit(nogil=True, cache=True)
def leakers_by_tier(
    tier: NDArray[np.uint8],
    base: NDArray[np.int16],
    spell: NDArray[np.int16],
    district: NDArray[np.int64],
    fatigue: NDArray[np.uint8],
    adults: NDArray[np.int64],
    felt: NDArray[np.int32],
    share: NDArray[np.float64],
    steps: tuple[int, int, int],
    out: NDArray[np.float64],
) -> None:
    """Count the adults who are expected to leak, by the tier of their building.

    Parameters
    ----------
    tier, base, spell, district, fatigue, adults
        By building: its tier, logit, row in ``felt``, district, fatigue in steps, and adults;
        shape (n_buildings,).
    felt
        Logits of hardship, shape (n_days + 1, n_districts).
    share
        Expected share by logit and fatigue, shape (n_logits, n_fatigues).
    steps
        The logit of the first row, and steps from one row and from one column to the next.
    out
        Receives the adults, shape (4,); those of open buildings are not counted.
    """
    lowest, per_row, per_column = steps
    last = share.shape[0] - 1
    for building in range(tier.size):
        if tier[building] == 0:
            continue
        logit = np.int64(base[building]) + np.int64(felt[spell[building], district[building]])
        row = (logit - lowest + per_row // 2) // per_row
        column = (np.int64(fatigue[building]) + per_column // 2) // per_column
        expected = share[min(max(row, 0), last), column] * adults[building]
        out[tier[building]] += expected
