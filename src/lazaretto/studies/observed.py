"""Real reported cases of a place, where the package ships them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import pandas as pd

SHANGHAI_2022 = (
    "Daily reported cases, Shanghai Municipal Health Commission, 1 March to 31 July 2022",
    "bulletins, several transcriptions cross-checked; see the README of the package's data",
    "facts published by an authority",
)

ZONES = {"sealed": "sealed", "control": "controlled", "precaution": "precaution"}
"""Zones of the rule of 11 April 2022 and the tiers that stand for them."""


@dataclass(frozen=True)
class Observed:
    """Reported cases to set beside a run.

    Parameters
    ----------
    daily
        Columns date, new_infections (net of reclassified cases), gross, deaths,
        share_in_quarantine; one row a day.
    by_district
        Columns date, district, new_infections.
    source
        What the figures are, where they are from, and their licence.
    announced
        Announced residents by zone: columns date, tier, persons.
    """

    daily: pd.DataFrame
    by_district: pd.DataFrame
    source: tuple[str, str, str]
    announced: pd.DataFrame


def observed_cases(place: str) -> Observed | None:
    """Return the real reported cases of a place, None where the package ships none.

    Parameters
    ----------
    place
        Name of the place, such as ``shanghai``.
    """
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
