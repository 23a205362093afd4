"""What travel did and what orders on it prevented, place by place, in a run of many cities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr

from lazaretto.report.replicates import with_replicates
from lazaretto.report.wording import exactly, people, short_day

NEVER = "never"


class TravelRow(NamedTuple):
    """A line of the table, in words; counts are medians over the runs."""

    place: str
    first: str
    infected: str
    confined: str
    made: str
    prevented: str
    found: str


def travel_rows(results: xr.Dataset) -> list[TravelRow]:
    """Return a line for each place by the day of its first infection, and their sum at the end.

    None if the run is not of many cities.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    if "departures" not in results:
        return []
    runs = with_replicates(results)
    infections = runs["infections"].sum("layer")
    confined = runs["persons_by_tier"].sel(tier=["controlled", "sealed"]).sum("tier")
    counts = [
        each.sum("date").median("replicate").values
        for each in (infections, confined, runs["departures"], runs["trips_lost"],
                     runs["kept_by_test"])
    ]  # fmt: skip
    began = (infections > 0).argmax("date").where((infections > 0).any("date"))
    first = began.median("replicate", skipna=True).values
    order = np.lexsort([-counts[0], np.nan_to_num(first, nan=np.inf)])
    dates = runs["date"].values
    rows = [
        TravelRow(
            str(runs["district"].values[i]),
            NEVER if np.isnan(first[i]) else short_day(dates[int(first[i])]),
            *_said([column[i] for column in counts]),
        )
        for i in order
    ]
    total = runs[["departures", "trips_lost", "kept_by_test"]].sum(["date", "district"])
    sums = [
        each.median("replicate").item()
        for each in (infections.sum(["date", "district"]), confined.sum(["date", "district"]),
                     total["departures"], total["trips_lost"], total["kept_by_test"])
    ]  # fmt: skip
    return [*rows, TravelRow("All", "", *_said(sums))]


def _said(counts: list[float]) -> tuple[str, str, str, str, str]:
    infected, confined, made, prevented, found = counts
    return (exactly(infected), people(confined), people(made), people(prevented), exactly(found))
