"""The labelled results of a run of many cities: the same variables, a city where a district was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.nation.member import Member
from lazaretto.nation.plans import NationPlan
from lazaretto.outcomes import Tally, dataset
from lazaretto.outcomes.results import DIMENSIONS
from lazaretto.people.tables import shipped_ages
from lazaretto.words import OPEN

REPORTS = "reports"
"""The only array of a tally that results split into several variables."""

NATIONAL = {
    "departures": ("trips", "trips out of the city that were made"),
    "trips_lost": ("trips", "trips out of the city that measures prevented"),
    "kept_by_test": ("persons", "infected residents found by a test before a trip"),
    "infectious_visitors": ("persons", "infectious visitors out and about in the city"),
}
"""Variables by date and city that only a run of many cities has: unit and meaning."""


@dataclass(frozen=True)
class CityTally:
    """What a city counted, its districts added up.

    Parameters
    ----------
    number
        Number of the city.
    arrays
        The arrays of its tally; those by district have lost that axis.
    stocks
        Names and units of its stocks, in the order of the tally.
    longest_stay
        Residents by age band and longest stay, shape (18, n_days + 1).
    """

    number: int
    arrays: dict[str, NDArray[np.int64]]
    stocks: tuple[tuple[str, str], ...]
    longest_stay: NDArray[np.int64]


def by_place(name: str) -> bool:
    """Return whether an array of a tally has an axis of districts."""
    axes = DIMENSIONS.get(name, ())
    return name == REPORTS or "district" in axes or "area" in axes


def counted(member: Member, n_days: int) -> CityTally | None:
    """Return what a city counted, None if it never woke."""
    run = member.simulation
    if run is None:
        return None
    arrays = {
        name: array.sum(axis=1) if by_place(name) else array
        for name, array in run.tally.arrays().items()
    }
    stocks = tuple((stock.name, stock.unit) for stock in run.settings.stocks)
    return CityTally(member.number, arrays, stocks, run.confinement.longest_stays(n_days))


def added_up(
    counted: Sequence[CityTally], plan: NationPlan
) -> tuple[Tally, NDArray[np.int64], list[tuple[str, str]]]:
    """Return one tally of all cities, the longest stays, and the stocks by name.

    Cities that never woke have nobody infected and nobody confined. Of these, incomes, pupils and
    workers are not known.

    Parameters
    ----------
    counted
        What the cities that woke counted.
    plan
        The cities.
    """
    n_days, n_cities = plan.scenario.n_days, len(plan.plans)
    stocks = sorted({stock for each in counted for stock in each.stocks})
    at = {stock: i for i, stock in enumerate(stocks)}
    n_subdistricts = sum(each.arrays["cases_by_subdistrict"].size for each in counted)
    tally = Tally.of(n_days, n_cities, len(stocks), n_subdistricts)
    longest = np.zeros((18, n_days + 1), np.int64)
    trust = np.zeros(n_days)
    weight, offset = 0, 0
    asleep = np.ones(n_cities, np.bool_)
    for each in sorted(counted, key=lambda each: each.number):
        asleep[each.number] = False
        longest += each.longest_stay
        persons = plan.plans[each.number].n_persons
        trust += each.arrays["trust"] * float(persons)
        weight += persons
        for name, array in each.arrays.items():
            total = getattr(tally, name)
            if by_place(name):
                total[:, each.number] += array
            elif name.startswith("stock_"):
                columns = [at[stock] for stock in each.stocks]
                total[:, columns] += array
            elif name == "cases_by_subdistrict":
                total[offset : offset + array.size] = array
                offset += array.size
            elif name != "trust":
                total += array
    tally.trust[:] = np.rint(trust / max(weight, 1)).astype(np.int64)
    ages = shipped_ages()
    for number in np.flatnonzero(asleep):
        by_age = ages[plan.plans[number].code][2]
        tally.persons_by_tier[:, number, OPEN] = by_age.sum()
        tally.confined_by_age[:, :, OPEN] += by_age
        longest[:, 0] += by_age
    return tally, longest, stocks


def titles(plan: NationPlan) -> tuple[str, ...]:
    """Return a name for each city that no other has."""
    known = Counter(each.name for each in plan.plans)
    return tuple(
        each.name if known[each.name] == 1 else f"{each.name} ({each.province})"
        for each in plan.plans
    )


MOST_CITIES = 32
"""Most cities that figures show one by one."""


def by_province(runs: xr.Dataset) -> xr.Dataset:
    """Return results with the cities of a province added up, if there are more than `MOST_CITIES`.

    Parameters
    ----------
    runs
        Results; those without a coordinate ``province`` are returned as they are.
    """
    if "province" not in runs.coords or runs.sizes["district"] <= MOST_CITIES:
        return runs
    names, number = np.unique(runs["province"].values, return_inverse=True)
    provinces = xr.DataArray(number, dims="district", name="number")
    plain = runs.drop_vars(["province", "code", "reached", "district", "population"])
    added = {}
    for name, variable in plain.data_vars.items():
        if "district" in variable.dims:
            summed = variable.groupby(provinces).sum().rename(number="district")
            added[name] = (
                summed.transpose(*variable.dims).drop_vars("district").astype(variable.dtype)
            )
            added[name].attrs = variable.attrs
        else:
            added[name] = variable
    persons = runs["population"].groupby(provinces).sum().values
    found = xr.Dataset(added, attrs=runs.attrs)
    return found.assign_coords(district=list(names), population=("district", persons))


def labelled(
    gathered: Mapping[str, NDArray[Any]],
    plan: NationPlan,
    counted: Sequence[CityTally],
    attributes: dict[str, str | int | float],
) -> xr.Dataset:
    """Return the labelled results of one replicate; the axis ``district`` holds the cities.

    Parameters
    ----------
    gathered
        Counts of travel and the day each city was reached, see `Nation.gathered`.
    plan
        The plan of the run.
    counted
        What the cities of all processes that woke counted.
    attributes
        What the results are of.
    """
    tally, longest, stocks = added_up(counted, plan)
    names = titles(plan)
    persons = np.array([each.n_persons for each in plan.plans], np.int64)
    attributes = attributes | {"series_sha256": tally.series_sha256()}
    behaviour = plan.scenario.behaviour
    parts = () if behaviour is None else behaviour.parts_at_work()
    border = plan.scenario.border is not None
    data = dataset(
        tally, longest, plan.scenario.start, names, persons, attributes, stocks, parts,
        border=border,
    )  # fmt: skip
    for name, (unit, meaning) in NATIONAL.items():
        about = {"units": unit, "long_name": meaning}
        data[name] = (("date", "district"), gathered[name], about)
    woken = {"units": "day of the run", "long_name": "day on which the city was first reached"}
    return data.assign_coords(
        province=("district", [each.province for each in plan.plans]),
        code=("district", [each.code for each in plan.plans]),
        reached=("district", gathered["woken"], woken),
    )
