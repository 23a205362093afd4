"""Results as a labelled dataset: one replicate, or many side by side."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.tally import Tally
from lazaretto.words import AGE_BANDS, LAYERS_AND_SEED, TIERS

DESCRIPTION = {
    "infections": ("persons", "new infections by district of residence and layer of contact"),
    "infections_by_age": ("persons", "new infections by age band"),
    "infections_by_tier": ("persons", "new infections by tier of the compound"),
    "secondary": ("persons", "infections ever caused by those infected on the date"),
    "confirmed": ("cases", "first reports as confirmed"),
    "asymptomatic": ("cases", "first reports as asymptomatic"),
    "reclassified": ("cases", "asymptomatic cases reclassified as confirmed"),
    "isolated": ("persons", "persons newly isolated, by district of residence"),
    "persons_by_tier": ("persons", "residents by tier of their compound"),
    "confined_by_age": ("persons", "residents by age band and tier"),
    "longest_stay": ("persons", "residents by longest unbroken stay at controlled or sealed"),
}
"""Unit and meaning of each variable."""


def dataset(
    tally: Tally,
    longest_stay: NDArray[np.int64],
    start: date,
    districts: tuple[str, ...],
    district_persons: NDArray[np.int64],
    attributes: dict[str, str | int | float],
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
    """
    n_days = tally.infections.shape[0]
    dates = np.array([start + timedelta(days=i) for i in range(n_days)], "datetime64[ns]")
    by_district = ("date", "district")
    data = {
        "infections": (("date", "district", "layer"), tally.infections),
        "infections_by_age": (("date", "age"), tally.infections_by_age),
        "infections_by_tier": (("date", "tier"), tally.infections_by_tier),
        "secondary": (("date",), tally.secondary),
        "confirmed": (by_district, tally.reports[:, :, 0]),
        "asymptomatic": (by_district, tally.reports[:, :, 1]),
        "reclassified": (by_district, tally.reports[:, :, 2]),
        "isolated": (by_district, tally.isolated),
        "persons_by_tier": (("date", "district", "tier"), tally.persons_by_tier),
        "confined_by_age": (("date", "age", "tier"), tally.confined_by_age),
        "longest_stay": (("age", "days_confined"), longest_stay),
    }
    labelled = xr.Dataset(
        data,
        coords={
            "date": dates,
            "district": list(districts),
            "layer": list(LAYERS_AND_SEED),
            "age": list(AGE_BANDS),
            "tier": list(TIERS),
            "days_confined": np.arange(longest_stay.shape[1]),
            "population": ("district", district_persons),
        },
        attrs=attributes,
    )
    for name, (unit, meaning) in DESCRIPTION.items():
        labelled[name].attrs.update(units=unit, long_name=meaning)
    return labelled


def side_by_side(replicates: list[xr.Dataset], seeds: list[int]) -> xr.Dataset:
    """Return replicates joined along a ``replicate`` axis, with their seeds as a coordinate."""
    joined = xr.concat(replicates, "replicate", data_vars="all", combine_attrs="drop_conflicts")
    joined = joined.assign_coords(population=replicates[0]["population"])
    return joined.assign_coords(replicate=np.arange(len(seeds)), seed=("replicate", seeds))


def reported_net(results: xr.Dataset) -> xr.DataArray:
    """Return newly reported infections: confirmed and asymptomatic at first report.

    A reclassified case was counted once already; this is the series to set beside incidence.
    """
    return (results["confirmed"] + results["asymptomatic"]).rename("reported_net")


def reported_gross(results: xr.Dataset) -> xr.DataArray:
    """Return what the bulletins printed: confirmed (with reclassified) plus asymptomatic."""
    return (reported_net(results) + results["reclassified"]).rename("reported_gross")
