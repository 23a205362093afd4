"""Results as a labelled dataset: one replicate, or many side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.tally import LONGEST_LAG, Tally
from lazaretto.words import (
    AGE_BANDS,
    BREAKOUT_ENDS,
    BREAKOUT_SIZES,
    CARE,
    DOSES,
    FOUND_WHERE,
    GROUPS,
    HELD_AS,
    HELD_WHERE,
    INCOMES,
    MIGRANTS,
    ORIGINS,
    PLATFORMS,
    SAMPLED_FOR,
    TIERS,
)

PLACE = ("date", "district")
DAY = ("date",)

DIMENSIONS: dict[str, tuple[str, ...]] = {
    "infections": (*PLACE, "layer"),
    "infections_by_age": ("date", "age"),
    "infections_by_tier": ("date", "tier"),
    "secondary": DAY,
    "confirmed": PLACE,
    "asymptomatic": PLACE,
    "reclassified": PLACE,
    "found": (*PLACE, "found_where"),
    "false_positives": PLACE,
    "samples": (*PLACE, "sampled_for"),
    "results": DAY,
    "result_days": DAY,
    "traced": (*PLACE, "infected", "degree"),
    "cases_untraced": DAY,
    "isolated": (*PLACE, "held_as"),
    "held": (*PLACE, "held_as", "held_where"),
    "released": PLACE,
    "children_apart": DAY,
    "patients": (*PLACE, "care"),
    "patients_waiting": ("date", "care"),
    "admissions": ("date", "age", "dose", "care"),
    "deaths": PLACE,
    "deaths_by_age": ("date", "age", "dose"),
    "treated": DAY,
    "doses": ("date", "age"),
    "absent_essential": DAY,
    "persons_by_tier": (*PLACE, "tier"),
    "confined_by_age": ("date", "age", "tier"),
    "stock_amount": ("date", "stock"),
    "stock_used": ("date", "stock"),
    "stock_waiting": ("date", "stock"),
    "addresses": ("date", "listing"),
    "addresses_again": ("date", "days_later"),
    "addresses_by_days": ("days_listed",),
    "cases_by_subdistrict": ("subdistrict",),
    "longest_stay": ("age", "days_confined"),
    "symptomatic_by_age": ("date", "age"),
    "infections_by_income": ("date", "income"),
    "deaths_by_income": ("date", "income"),
    "persons_by_income": (*PLACE, "tier", "income"),
    "isolated_by_income": (*PLACE, "tier", "income"),
    "persons_by_group": (*PLACE, "tier", "group"),
    "pupils": (*PLACE, "tier"),
    "workers": (*PLACE, "tier", "income"),
    "pupil_days_lost": PLACE,
    "work_days_lost": ("date", "income"),
    "food_insecure": ("date", "income", "migrant"),
    "leaks": ("date", "tier"),
    "trust": DAY,
    "breakouts": ("date", "area"),
    "breakout_persons": ("date", "area"),
    "breakout_ends": ("date", "end"),
    "breakouts_by_size": ("date", "size"),
    "copies": ("date", "platform"),
    "copies_deleted": ("date", "platform"),
    "views": ("date", "platform"),
    "aware": ("date", "area"),
    "imported": DAY,
    "imported_found": DAY,
    "imported_released": DAY,
}
"""Axes of each variable."""

OF_PART: dict[str, tuple[str, ...]] = {
    "hardship": ("food_insecure",),
    "leakage": ("leaks",),
    "trust": ("trust",),
    "breakouts": ("breakouts", "breakout_persons", "breakout_ends", "breakouts_by_size"),
    "messages": ("copies", "copies_deleted", "views", "aware"),
}
"""Variables that a part of behaviour gives; without the part they would be zeros that nobody found.
"""

OF_BORDER = ("imported", "imported_found", "imported_released")
"""Variables of a run with a border only."""

OF_BEHAVIOUR = tuple(name for names in OF_PART.values() for name in names)
"""Variables of a run with behaviour only, and only for areas of `SMALLEST_AREA` residents."""

SMALLEST_AREA = 100_000
"""Residents below whom nothing is said of what people did (behaviour notes, section 5)."""

DESCRIPTION = {
    "infections": ("persons", "new infections by district of residence and origin"),
    "infections_by_age": ("persons", "new infections by age band"),
    "infections_by_tier": ("persons", "new infections by tier of the building"),
    "secondary": ("persons", "infections ever caused by those infected on the date"),
    "confirmed": ("cases", "first reports as confirmed"),
    "asymptomatic": ("cases", "first reports as asymptomatic, false positives included"),
    "reclassified": ("cases", "asymptomatic cases reclassified as confirmed"),
    "found": ("persons", "infected persons found, by where they were"),
    "false_positives": ("persons", "persons reported as positive who are not infected"),
    "samples": ("persons", "persons sampled, by reason"),
    "results": ("results", "positive results delivered"),
    "result_days": ("days", "days from sample to result, summed over positive results delivered"),
    "traced": ("persons", "contacts newly found, infected or not"),
    "cases_untraced": ("cases", "cases given up for want of tracers"),
    "isolated": ("persons", "persons newly isolated, by reason"),
    "held": ("persons", "persons in isolation, by reason and where"),
    "released": ("persons", "persons released from isolation"),
    "children_apart": ("persons", "children in a facility without an adult of their household"),
    "patients": ("persons", "persons in hospital, by level of care"),
    "patients_waiting": (
        "persons",
        "severely ill persons without a bed, by level of care they need",
    ),
    "admissions": ("persons", "admissions to hospital by age band, doses and level of care"),
    "deaths": ("persons", "deaths by district of residence"),
    "deaths_by_age": ("persons", "deaths by age band and doses"),
    "treated": ("persons", "persons given an antiviral"),
    "doses": ("doses", "vaccine doses given by age band"),
    "absent_essential": ("persons", "essential workers isolated or in hospital"),
    "persons_by_tier": ("persons", "residents by tier of their building"),
    "confined_by_age": ("persons", "residents by age band and tier"),
    "stock_amount": ("unit of the stock", "how much of the stock there was"),
    "stock_used": ("unit of the stock", "how much of the stock was in use"),
    "stock_waiting": ("unit of the stock", "how much of the stock was waited for"),
    "addresses": ("compounds", "compounds with a new positive outside facilities"),
    "addresses_again": ("compounds", "of those, compounds with one again so many days later"),
    "addresses_by_days": ("compounds", "compounds by days with a new positive over the run"),
    "cases_by_subdistrict": ("cases", "reported cases over the run by subdistrict"),
    "longest_stay": ("persons", "residents by longest unbroken stay at controlled or sealed"),
    "symptomatic_by_age": ("persons", "new infections that become symptomatic, by age band"),
    "infections_by_income": ("persons", "new infections by income class of the household"),
    "deaths_by_income": ("persons", "deaths by income class of the household"),
    "persons_by_income": ("persons", "residents by tier of their building and income class"),
    "isolated_by_income": ("persons", "isolated by tier of their building and income class"),
    "persons_by_group": ("persons", "residents of a group by tier of their building"),
    "pupils": ("persons", "residents who go to school, by tier of their building"),
    "workers": ("persons", "workers who are not essential, by tier of their building"),
    "pupil_days_lost": (
        "person-days",
        "days of school lost to closure, tiers and isolation, weekdays",
    ),
    "work_days_lost": (
        "person-days",
        "days of work lost to closure, tiers and isolation, weekdays",
    ),
    "food_insecure": ("persons", "residents of confined households without food"),
    "leaks": ("persons", "adults expected to break the rules of their tier"),
    "trust": ("share", "mean trust in the authorities relative to that before"),
    "breakouts": ("events", "break-outs of compounds"),
    "breakout_persons": ("persons", "participants of break-outs"),
    "breakout_ends": ("events", "break-outs by how they ended"),
    "breakouts_by_size": ("events", "break-outs by number of participants"),
    "copies": ("copies", "copies of messages about break-outs made, by platform"),
    "copies_deleted": ("copies", "copies of such messages deleted"),
    "views": ("views", "views of such messages by residents"),
    "aware": ("persons", "residents aware of a break-out or seeded message so far"),
    "imported": ("persons", "infected travellers who arrive from abroad"),
    "imported_found": ("persons", "infected travellers found at the border or in quarantine"),
    "imported_released": ("persons", "travellers let go undetected and still infectious"),
}
"""Unit and meaning of each variable."""

LABELS: dict[str, tuple[str, ...]] = {
    "layer": ORIGINS,
    "age": AGE_BANDS,
    "tier": TIERS,
    "found_where": FOUND_WHERE,
    "sampled_for": SAMPLED_FOR,
    "infected": ("not infected", "infected"),
    "degree": ("contact", "second contact"),
    "held_as": HELD_AS,
    "held_where": HELD_WHERE,
    "care": CARE,
    "dose": DOSES,
    "listing": ("listed", "first time"),
    "income": INCOMES,
    "group": GROUPS,
    "migrant": MIGRANTS,
    "end": BREAKOUT_ENDS,
    "size": BREAKOUT_SIZES,
    "platform": PLATFORMS,
}
"""Labels of the axes that are the same in every run."""


def dataset(
    tally: Tally,
    longest_stay: NDArray[np.int64],
    start: date,
    districts: tuple[str, ...],
    district_persons: NDArray[np.int64],
    attributes: dict[str, str | int | float],
    stocks: Sequence[tuple[str, str]] = (),
    behaviour: Collection[str] = (),
    border: bool = False,
) -> xr.Dataset:
    """Return the labelled results of one replicate.

    Parameters
    ----------
    tally
        The counts of the run.
    longest_stay
        Residents by age band and longest stay in days, shape (18, n_days + 1).
    start
        Date of day 0.
    districts, district_persons
        Names and residents of the districts.
    attributes
        What the results are of: scenario, seed, versions.
    stocks
        Name and unit of each stock, in the order of the tally.
    behaviour
        Names of the parts of behaviour at work, as in `OF_PART`; of the others there are no
        variables. Where a place has fewer than `SMALLEST_AREA` residents there are none either, and
        where a district has, what people did is given for the whole place only.
    border
        Whether the run has a border; without one there are no counts of it.

    Raises
    ------
    ValueError
        If the stocks are not as many as the tally counts.
    """
    n_days = tally.infections.shape[0]
    if len(stocks) != tally.stock_used.shape[1]:
        raise ValueError(f"{len(stocks)} stocks are named, {tally.stock_used.shape[1]} are counted")
    arrays: dict[str, NDArray[Any]] = {
        **tally.arrays(),
        "confirmed": tally.reports[:, :, 0],
        "asymptomatic": tally.reports[:, :, 1],
        "reclassified": tally.reports[:, :, 2],
        "longest_stay": longest_stay,
    }
    areas, of_area = _areas(districts, district_persons)
    arrays |= {"trust": tally.trust / 1e6}
    for name, axes in DIMENSIONS.items():
        if "area" in axes:
            arrays[name] = arrays[name] @ of_area
    if not border:
        arrays |= {name: np.empty(0) for name in OF_BORDER}
    for part, names in OF_PART.items():
        if part not in behaviour or not areas:
            arrays |= {name: np.empty(0) for name in names}
    # An axis of length nothing could not be written: without stocks there are no such variables.
    data = {name: (axes, arrays[name]) for name, axes in DIMENSIONS.items() if arrays[name].size}
    coordinates: dict[str, object] = {
        "date": np.array([start + timedelta(days=i) for i in range(n_days)], "datetime64[ns]"),
        "district": list(districts),
        **{axis: list(labels) for axis, labels in LABELS.items()},
        "days_later": np.arange(LONGEST_LAG + 1),
        "days_listed": np.arange(n_days + 1),
        "days_confined": np.arange(longest_stay.shape[1]),
        "population": ("district", district_persons),
    }
    if "breakouts" in data or "aware" in data:
        coordinates["area"] = list(areas)
    if stocks:
        coordinates["stock"] = [name for name, _ in stocks]
        coordinates["stock_unit"] = ("stock", [unit for _, unit in stocks])
    labelled = xr.Dataset(data, coords=coordinates, attrs=attributes)
    for variable in labelled.data_vars:
        unit, meaning = DESCRIPTION[str(variable)]
        labelled[variable].attrs.update(units=unit, long_name=meaning)
    return labelled


def _areas(
    districts: tuple[str, ...], persons: NDArray[np.int64]
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the areas for which it is said what people did, and which districts are in each.

    The districts if all have `SMALLEST_AREA` residents, else the whole place if that has, else
    none.
    """
    if persons.min(initial=SMALLEST_AREA) >= SMALLEST_AREA:
        return districts, np.eye(len(districts), dtype=np.int64)
    whole = np.ones((len(districts), 1), np.int64)
    return (("whole place",) if persons.sum() >= SMALLEST_AREA else ()), whole


def side_by_side(replicates: list[xr.Dataset], seeds: list[int]) -> xr.Dataset:
    """Return replicates joined along a ``replicate`` axis, with their seeds as a coordinate."""
    if len(replicates) == 1:  # the same, and much faster
        joined = replicates[0].expand_dims("replicate").copy(deep=True)
        return joined.assign_coords(replicate=[0], seed=("replicate", seeds))
    joined = xr.concat(replicates, "replicate", data_vars="all", combine_attrs="drop_conflicts")
    fixed = {name: replicates[0][name] for name in ("population", "stock_unit")
             if name in replicates[0].coords}  # fmt: skip
    joined = joined.assign_coords(fixed)
    return joined.assign_coords(replicate=np.arange(len(seeds)), seed=("replicate", seeds))
