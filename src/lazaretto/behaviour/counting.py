"""What is counted of a day's response: who leaks, goes short, breaks out, and who knows of it."""

from __future__ import annotations

import numpy as np

from lazaretto.behaviour.response import Response
from lazaretto.outcomes import Tally
from lazaretto.words import BREAKOUT_SIZES


def count_response(response: Response, tally: Tally, day: int) -> None:
    """Count one day into the tally; expected numbers are rounded to whole persons.

    Parameters
    ----------
    response
        The people, after `Response.respond` of the day.
    tally
        Written.
    day
        Day of the run.
    """
    places = response.places
    persons = places.district_persons
    tally.leaks[day] = np.rint(response.expected_leaks())
    tally.trust[day] = round(1e6 * float(persons @ response.trust.level) / int(persons.sum()))
    if response.hardship.rules.active:
        tally.food_insecure[day] = np.rint(response.hungry()).reshape(-1, 2)
    begun, told = response.events, response.told
    if begun is not None and begun.compound.size:
        district = places.compound_district[begun.compound]
        np.add.at(tally.breakouts[day], district, 1)
        np.add.at(tally.breakout_persons[day], district, begun.participants)
        np.add.at(tally.breakout_ends[day], begun.end, 1)
        digits = np.floor(np.log10(np.maximum(begun.participants, 1))).astype(np.int64)
        size = np.minimum(digits, len(BREAKOUT_SIZES) - 1)
        np.add.at(tally.breakouts_by_size[day], size, 1)
    if told is not None:
        tally.copies[day] = np.rint(told.copies)
        tally.copies_deleted[day] = np.rint(told.deleted)
        tally.views[day] = np.rint(told.views)
        aware = told.aware * response.subdistrict_persons
        tally.aware[day] = np.rint(np.bincount(response.subdistrict_district, aware, persons.size))
