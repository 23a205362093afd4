"""Break-outs: which confined compounds break out today, with how many, and what comes of it.

Behaviour notes 2.2, eq. 7 to 9. Ignition is a self-exciting process over compounds (Bonnasse-Gahot
et al. 2018, doi 10.1038/s41598-017-18093-4, for the form). Compounds have no coordinates here,
on purpose, so the kernel K(d) of eq. 7 has two steps instead of a decay with distance: a share
within the subdistrict, the rest within the district. "Similar level" is confined or not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazaretto.behaviour.sizes import Draw, participants, uniforms_of
from lazaretto.chance import Purpose, stream_key
from lazaretto.measures import Places
from lazaretto.scenario.breakouts import Breakouts as Rules
from lazaretto.words import BREAKOUT_ENDS

CONCEDED, REPRESSED, RESEALED = range(len(BREAKOUT_ENDS))

RESEALED_DAYS = 3
"""Days at most until a compound is sealed again without a concession (behaviour notes, eq. 9)."""

NEVER = -1
"""Day of the last break-out of a compound that had none."""

FORGOTTEN = 1e-12
"""Break-outs still to be caused by one, or units of enforcement, that count as none."""


class Breakout(NamedTuple):
    """The break-outs of one day, in the order of compounds.

    Parameters
    ----------
    compound
        Where, shape (n_events,).
    participants
        Residents who take part, 1 to all confined ones, shape (n_events,).
    end
        How it ends, by the order of `lazaretto.words.BREAKOUT_ENDS`, shape (n_events,).
    filmed
        Whether it starts a message, shape (n_events,).
    """

    compound: NDArray[np.int64]
    participants: NDArray[np.int64]
    end: NDArray[np.int64]
    filmed: NDArray[np.bool_]


class Breakouts:
    """Break-outs of one run and what they leave behind; nothing is kept of persons.

    Parameters
    ----------
    rules
        The scenario's numbers.
    seed
        Seed of the run.
    places
        The places of the city.

    Attributes
    ----------
    enforcement
        Enforcement E of each compound today beyond the scenario's, shape (n_compounds,).
    pending
        Break-outs of each subdistrict whose consequences are still to come, counted by the share
        still to come, shape (n_subdistricts,).
    """

    def __init__(self, rules: Rules, seed: int, places: Places) -> None:
        self.rules, self.seed = rules, seed
        n_compounds = places.compound_persons.size
        self._subdistrict = places.compound_subdistrict
        n_subdistricts = int(self._subdistrict.max(initial=-1)) + 1
        self._district_of = np.zeros(n_subdistricts, np.int64)
        self._district_of[self._subdistrict] = places.compound_district
        self._residents = np.bincount(self._subdistrict, places.compound_persons, n_subdistricts)
        self._buildings = np.bincount(places.building_compound, minlength=n_compounds)
        self._n_districts = len(places.districts)
        self.enforcement = np.zeros(n_compounds)
        self.pending = np.zeros(n_subdistricts)
        self._last = np.full(n_compounds, NEVER, np.int32)
        self._eased_until = np.full(n_compounds, NEVER, np.int32)
        # Break-outs; those whose consequences have come; expected ones caused nearby, by messages.
        self._sums = np.zeros(4)

    def eased(self, day: int) -> NDArray[np.bool_]:
        """Return the compounds whose tier is one lower on a day, shape (n_compounds,).

        It is so from the day after a break-out, until it is sealed again or a concession ends.
        """
        eased: NDArray[np.bool_] = (self._last < day) & (day <= self._eased_until)
        return eased

    def advance(
        self,
        day: int,
        confined: NDArray[np.bool_],
        persons: NDArray[np.integer],
        fatigue: NDArray[np.float64],
        hardship: NDArray[np.float64],
        newly_aware: NDArray[np.floating | np.integer],
        of_success: NDArray[np.floating | np.integer],
        base_enforcement: float = 0.0,
    ) -> Breakout:
        """Return the break-outs of a day and keep what follows from them; called every day.

        Parameters
        ----------
        day
            Days since the start of the run.
        confined
            Compounds with a building at tier controlled or sealed, shape (n_compounds,).
        persons
            Confined residents, shape (n_compounds,).
        fatigue, hardship
            Their means, 0 to 1, shape (n_compounds,).
        newly_aware
            Residents who learnt of break-outs yesterday, shape (n_subdistricts,).
        of_success
            Those among them who learnt of a concession, shape (n_subdistricts,).
        base_enforcement
            Enforcement everywhere, units of E.
        """
        if not self.rules.active:
            return _none()
        due = self._fade()
        able = np.flatnonzero(confined & ~self.eased(day))
        if able.size == 0:
            return _none()
        heads = np.where(confined, persons, 0).astype(np.float64)
        nearby = self.nearby(heads, due)
        by_message = self.by_message(newly_aware, of_success)
        ready = heads[able] * self._state(
            fatigue[able], hardship[able], base_enforcement + self.enforcement[able]
        )
        subdistrict = self._subdistrict[able]
        mass = np.bincount(subdistrict, ready, due.size)
        self._sums[2:] += [(mass * nearby).sum(), (mass * by_message).sum()]
        expected = ready * (self.rules.ignition / 1000 + nearby + by_message)[subdistrict]
        key = stream_key(self.seed, Purpose.BREAKOUT, day)
        drawn = uniforms_of(key, able, Draw.IGNITES)
        maybe = np.flatnonzero(drawn < expected)  # more than 1 - exp(-expected), which is dear
        ignites = maybe[drawn[maybe] < -np.expm1(-expected[maybe])]
        if ignites.size == 0:
            return _none()
        where = able[ignites]
        size = participants(
            self.rules, key, where, heads[where].astype(np.int64), self._buildings[where],
            ready[ignites] / heads[where],
        )  # fmt: skip
        return self._keep(day, key, where, size)

    def nearby(self, heads: NDArray[np.float64], due: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return break-outs set off nearby, a resident and day at S = 1, (n_subdistricts,).

        Summed over residents of confined compounds, that of the break-out among them, it is
        ``local`` times ``due``, exactly. The share of a subdistrict where nobody is confined any
        more goes to its district; where nobody is in the district, nothing is set off.

        Parameters
        ----------
        heads
            Confined residents, shape (n_compounds,).
        due
            Break-outs of each subdistrict whose consequences come today, shape (n_subdistricts,).
        """
        if not due.any():
            return due
        in_subdistrict = np.bincount(self._subdistrict, heads, due.size)
        in_district = np.bincount(self._district_of, in_subdistrict, self._n_districts)
        here = np.where(in_subdistrict > 0, self.rules.same_subdistrict * due, 0)
        beyond = np.bincount(self._district_of, due - here, self._n_districts)
        each_beyond = beyond / np.maximum(in_district, 1)
        each = here / np.maximum(in_subdistrict, 1) + each_beyond[self._district_of]
        shared: NDArray[np.float64] = self.rules.local * each
        return shared

    def by_message(
        self,
        newly_aware: NDArray[np.floating | np.integer],
        of_success: NDArray[np.floating | np.integer],
    ) -> NDArray[np.float64]:
        """Return break-outs set off by messages, a resident and day at S = 1, (n_subdistricts,).

        Who learns of a break-out is taken to be confined as often as the others of a subdistrict.
        """
        counted = newly_aware + (self.rules.success_counts - 1) * of_success
        residents = np.maximum(self._residents, 1)
        each: NDArray[np.float64] = (
            self.rules.by_message / 1000 * counted[: residents.size] / residents
        )
        return each

    def reproduction_number(self) -> float:
        """Return R_D so far: break-outs that one sets off in the mean (not a number without any).

        R_D = E[S] (eta_loc + eta_inf Abar) (behaviour notes 2.2) with E[S] and Abar as they were:
        expected ones caused nearby per break-out whose consequences have come, plus expected ones
        caused by messages per break-out. Those that eased compounds would have had are left out.
        """
        events, come, nearby, by_message = self._sums.tolist()
        return nearby / come + by_message / events if come else float("nan")

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what has to be kept to go on later, by name."""
        return {
            "enforcement": self.enforcement.copy(),
            "pending": self.pending.copy(),
            "last": self._last.copy(),
            "eased_until": self._eased_until.copy(),
            "sums": self._sums.copy(),
        }

    def restore(self, saved: dict[str, NDArray[np.generic]]) -> None:
        """Go on from what `arrays` returned."""
        self.enforcement = np.array(saved["enforcement"], np.float64)
        self.pending = np.array(saved["pending"], np.float64)
        self._last = np.array(saved["last"], np.int32)
        self._eased_until = np.array(saved["eased_until"], np.int32)
        self._sums = np.array(saved["sums"], np.float64)

    def _state(
        self,
        fatigue: NDArray[np.float64],
        hardship: NDArray[np.float64],
        enforcement: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the state of mind S of eq. 7, shape (n,)."""
        rules = self.rules
        tired = rules.fatigue_effect * (fatigue - rules.usual_fatigue)
        in_need = rules.hardship_effect * (hardship - rules.usual_hardship)
        state: NDArray[np.float64] = np.exp(
            tired + in_need - rules.enforcement_effect * enforcement
        )
        return state

    def _fade(self) -> NDArray[np.float64]:
        """Let a day pass; return break-outs whose consequences come today, (n_subdistricts,).

        Geometric weights (1/tau) (1 - 1/tau)^(d-1) on day d after: an exponential memory in whole
        days, with mean tau and sum 1.
        """
        if self.enforcement.any():
            self.enforcement *= 0.5 ** (1 / self.rules.repression_half_life)
            self.enforcement[self.enforcement < FORGOTTEN] = 0
        if not self.pending.any():
            return np.zeros(self.pending.size)
        due = self.pending / self.rules.memory
        due[self.pending < FORGOTTEN] = self.pending[self.pending < FORGOTTEN]
        self.pending = self.pending - due
        self._sums[1] += due.sum()
        return due

    def _keep(
        self,
        day: int,
        key: np.uint64,
        where: NDArray[np.int64],
        size: NDArray[np.int64],
    ) -> Breakout:
        """Draw how each break-out ends, and keep what it leaves behind."""
        rules = self.rules
        ends = np.cumsum([rules.concession, rules.repression])
        end = np.searchsorted(ends, uniforms_of(key, where, Draw.END), side="right")
        days = 1 + (RESEALED_DAYS * uniforms_of(key, where, Draw.RESEALED)).astype(np.int32)
        days[end == CONCEDED] = int(rules.concession_days)
        days[end == REPRESSED] = 0
        self._last[where] = day
        self._eased_until[where] = day + days
        self.enforcement[where[end == REPRESSED]] += 1
        self.pending += np.bincount(self._subdistrict[where], minlength=self.pending.size)
        self._sums[0] += where.size
        filmed = uniforms_of(key, where, Draw.FILMED) < -np.expm1(-size / rules.filmed_size)
        return Breakout(where, size, end.astype(np.int64), filmed)


def _none() -> Breakout:
    nothing = np.zeros(0, np.int64)
    return Breakout(nothing, nothing, nothing, np.zeros(0, np.bool_))
