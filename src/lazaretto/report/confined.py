"""What confinement amounts to: person-days by tier, and how long people were kept in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.report.replicates import Spread, spread, with_replicates
from lazaretto.words import AGE_BANDS

AGE_GROUPS = {
    "0-14": range(3),
    "15-29": range(3, 6),
    "30-44": range(6, 9),
    "45-59": range(9, 12),
    "60-74": range(12, 15),
    "75+": range(15, len(AGE_BANDS)),
}
"""Groups of five-year bands, by index of the band."""

STAYS = {
    "never": (0, 0),
    "1 to 13 days": (1, 13),
    "14 to 29 days": (14, 29),
    "30 to 59 days": (30, 59),
    "60 days or more": (60, 10**6),
}
"""Longest unbroken stay in a controlled or sealed compound, in days, both ends included."""

LONG_STAY = 30


@dataclass(frozen=True)
class Burden:
    """What confinement cost in days of life, over the runs.

    Parameters
    ----------
    person_days
        Person-days by tier, without the open tier.
    long_stays
        Persons whose longest unbroken stay was 30 days or more.
    longest
        The longest unbroken stay of anybody, in days.
    mean_days
        Days a resident spent sealed or controlled, on average.
    """

    person_days: dict[str, Spread]
    long_stays: Spread
    longest: Spread
    mean_days: Spread


def burden(results: xr.Dataset) -> Burden:
    """Return what confinement cost in days of life.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    runs = with_replicates(results)
    days = runs["persons_by_tier"].sum(["date", "district"])
    stays = runs["longest_stay"].sum("age")
    longest = (runs["days_confined"] * (stays > 0)).max("days_confined")
    behind_gates = days.sel(tier=["controlled", "sealed"]).sum("tier")
    persons = max(float(runs["population"].sum()), 1.0)
    return Burden(
        person_days={
            tier: spread(days.sel(tier=tier)) for tier in ("precaution", "controlled", "sealed")
        },
        long_stays=spread(stays.sel(days_confined=slice(LONG_STAY, None)).sum("days_confined")),
        longest=spread(longest),
        mean_days=spread(behind_gates / persons),
    )


def stays_by_age(results: xr.Dataset) -> pd.DataFrame:
    """Return persons by age group and longest unbroken stay, the mean over the runs.

    Columns: age, stay, order (of the stay), persons, share (of the age group, 0 to 1).

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    table = with_replicates(results)["longest_stay"].mean("replicate")
    by_band = table.transpose("age", "days_confined").values
    lengths = table["days_confined"].values
    found = []
    for group, ages in AGE_GROUPS.items():
        persons = by_band[list(ages)].sum(axis=0)
        total = persons.sum()
        for order, (stay, (shortest, longest)) in enumerate(STAYS.items()):
            number = float(persons[(lengths >= shortest) & (lengths <= longest)].sum())
            found.append((group, stay, order, number, number / total if total else 0.0))
    return pd.DataFrame(found, columns=["age", "stay", "order", "persons", "share"])


def person_days_table(results: xr.Dataset) -> list[tuple[str, str, str, str]]:
    """Return rows: age group, person-days controlled, person-days sealed, days a resident.

    The last row is everybody. Numbers are means over the runs.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    from lazaretto.report.wording import people

    mean = with_replicates(results)["confined_by_age"].mean("replicate")
    by_tier = mean.sum("date").sel(tier=["controlled", "sealed"]).transpose("age", "tier").values
    residents = mean.isel(date=0).sum("tier").values
    groups = {**AGE_GROUPS, "all ages": range(len(AGE_BANDS))}
    rows = []
    for group, ages in groups.items():
        controlled, sealed = by_tier[list(ages)].sum(axis=0)
        persons = residents[list(ages)].sum()
        each = (controlled + sealed) / persons if persons else np.nan
        rows.append(
            (
                group,
                people(float(controlled)),
                people(float(sealed)),
                "none live here" if np.isnan(each) else f"{each:.1f}",
            )
        )
    return rows
