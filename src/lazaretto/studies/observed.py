"""Real reported cases of a place: those the package ships, or those in a place of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lazaretto.people.own_cases import CASES, cases_by_day

SHANGHAI_2022 = (
    "Daily reported cases, Shanghai Municipal Health Commission, 1 March to 31 July 2022",
    "bulletins, several transcriptions cross-checked; see the README of the package's data",
    "facts published by an authority",
)

OWN = ("Reported cases given with the place", "", "as the user has it")

ZONES = {"sealed": "sealed", "control": "controlled", "precaution": "precaution"}
"""Zones of the rule of 11 April 2022 and the tiers that stand for them."""


@dataclass(frozen=True)
class Observed:
    """Reported cases to set beside a run.

    Parameters
    ----------
    daily
        Columns date, new_infections (net of reclassified cases) and, where known, gross, deaths,
        share_in_quarantine; one row a day.
    by_district
        Columns date, district, new_infections; empty if not known.
    source
        What the figures are, where they are from, and their licence.
    announced
        Announced residents by zone: columns date, tier, persons; empty if not known.
    """

    daily: pd.DataFrame
    by_district: pd.DataFrame
    source: tuple[str, str, str]
    announced: pd.DataFrame


def observed_cases(place: str | Path) -> Observed | None:
    """Return the real reported cases of a place, None where there are none.

    Parameters
    ----------
    place
        Name of the place, such as ``shanghai``, or the folder of one's own, in which ``cases.csv``
        has them.

    Raises
    ------
    CensusError
        If such a file has problems.
    """
    if isinstance(place, Path):
        return _own(place / CASES) if (place / CASES).is_file() else None
    if place.lower() != "shanghai":
        return None
    data = files("lazaretto").joinpath("data")
    with data.joinpath("shanghai_2022_daily.csv").open("rb") as file:
        daily = pd.read_csv(file, parse_dates=["date"])
    daily["gross"] = daily["confirmed"] + daily["asymptomatic"]
    with data.joinpath("shanghai_2022_district_daily.csv").open("rb") as file:
        by_district = pd.read_csv(file, parse_dates=["date"])
    with data.joinpath("shanghai_2022_three_zones.csv").open("rb") as file:
        zones = pd.read_csv(file, parse_dates=["date"])
    columns = {f"{zone}_population": tier for zone, tier in ZONES.items()}
    announced = zones.rename(columns=columns).melt(
        "date", list(columns.values()), var_name="tier", value_name="persons"
    )
    return Observed(
        daily[["date", "new_infections", "gross", "deaths", "share_in_quarantine"]],
        by_district[["date", "district", "new_infections"]],
        SHANGHAI_2022,
        announced.dropna(subset="persons"),
    )


def _own(file: Path) -> Observed:
    by_day = cases_by_day(file)
    days = pd.DatetimeIndex(list(by_day))

    def column(name: str) -> NDArray[np.float64]:
        return np.array([day.get(name, np.nan) for day in by_day.values()], np.float64)

    found, sealed = column("found"), column("sealed")
    share = np.divide(
        column("found_in_quarantine"), found, out=np.full(found.size, np.nan), where=found > 0
    )
    daily = pd.DataFrame({
        "date": days, "new_infections": column("reported"), "deaths": column("deaths"),
        "share_in_quarantine": share,
    })  # fmt: skip
    announced = pd.DataFrame({"date": days, "tier": "sealed", "persons": sealed})
    return Observed(
        daily.dropna(axis="columns", how="all"),
        pd.DataFrame({"date": [], "district": [], "new_infections": []}),
        OWN,
        announced.dropna(subset="persons"),
    )
