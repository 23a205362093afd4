"""What a simulation works out once, before its first day."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import Purpose, stream_key, threshold
from lazaretto.engine.city import City
from lazaretto.engine.rates import Rates
from lazaretto.engine.settings import Settings
from lazaretto.engine.vaccinated import Vaccine, no_vaccine
from lazaretto.measures import Places
from lazaretto.people import Population

Kind = TypeVar("Kind", bound=np.generic)

WORTH_THINNING = 0.15
"""Share of a cohort whose infection must be over before it is gone through and thinned."""


def days_worth_thinning(settings: Settings, rates: Rates) -> set[int]:
    """Return the days since infection on which a good part of a cohort has become irrelevant.

    Parameters
    ----------
    settings, rates
        The disease as courses, and the last infectious day of each.
    """
    ends = np.bincount(rates.last_day, settings.courses.probability[1], rates.level.shape[1])
    days, share = set(), 0.0
    for day, ending in enumerate(ends):
        share += float(ending)
        if share >= WORTH_THINNING:
            days.add(day)
            share = 0.0
    return days


def places_of(people: Population, city: City) -> Places:
    """Return the places of a city as measures see them."""
    compound_subdistrict = people.compound_subdistrict.astype(np.int64)
    return Places(
        districts=people.districts,
        district_persons=locked(np.diff(people.district_start).astype(np.int64)),
        compound_district=locked(city.subdistrict_district[compound_subdistrict].astype(np.int64)),
        compound_persons=locked(np.diff(people.compound_start).astype(np.int64)),
        compound_subdistrict=locked(compound_subdistrict),
        building_compound=locked(city.building_compound),
        building_persons=locked(np.diff(people.building_start)),
    )


def vaccine_of(settings: Settings) -> Vaccine:
    """Return the vaccine of a run as the kernels take it; its doses are the run's own."""
    given = settings.vaccination
    if given is None:
        return no_vaccine()
    key = stream_key(settings.seed, Purpose.VACCINATION)
    return Vaccine(given.dose_day.copy(), threshold(given.risk), key, 1)


def locked(array: NDArray[Kind]) -> NDArray[Kind]:
    """Return a view that cannot be written: what measures see is not theirs to change."""
    view = array.view()
    view.flags.writeable = False
    return view
