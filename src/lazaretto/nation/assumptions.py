"""Every number of travel between cities that no table gives, with its source and status.

`FIGURES` is what reports list. Statements of authorities and of the press were read in stored
excerpts of the pages named in docs/travel.md.
"""

from __future__ import annotations

from lazaretto.provenance import Figure, Status

FIGURES: dict[str, Figure] = {}
"""Every figure of this room by name, for reference pages and reports."""


def _figure(
    name: str,
    value: float,
    unit: str,
    source: str,
    status: Status = "assumed",
    *,
    low: float | None = None,
    high: float | None = None,
    note: str = "",
) -> float:
    FIGURES[name] = Figure(value, unit, source, status, low, high, note)
    return value


# How many, and where to ------------------------------------------------------------------------

TRIPS = _figure(
    "trips", 0.010, "trips from home/resident/day",
    "between bounds: domestic tourism 6.0 billion trips in 2019 (0.0117, with trips within a city "
    "and without commuters); half of the movements in the Tencent table (0.0051, the largest flows "
    "of each city only) and of those of rail and air in 2023 (0.0043, no roads)",
    low=0.005, high=0.02,
    note="a trip gives two movements, there and back. Out of Wuhan, 3 December 2016 to 24 January "
    "2017, Tencent counted 567,000 movements a day (doi 10.3201/eid2605.200146, Table S3), half of "
    "which is 0.023 a resident in a hub; all cross-region movements on roads and rails, most of "
    "them within a prefecture, are 0.119 a day in 2023",
)  # fmt: skip

_FIT = (
    "gravity_model_fits.csv: production-constrained model with same-province bonus, fitted to "
    "Baidu flows of 2 to 9 January 2020"
)
POPULATION_EXPONENT = _figure("population_exponent", 1.1611, "dimensionless", _FIT, "fitted")
DISTANCE_EXPONENT = _figure("distance_exponent", -1.85585, "dimensionless", _FIT, "fitted")
SAME_PROVINCE = _figure("same_province", 1.73014, "log units", _FIT, "fitted")

TABLE_WEIGHT = _figure(
    "table_weight", 0.5, "share",
    "the table is of the two weeks before Spring Festival and favours far cities; half-way, trips "
    "from Wuhan in December 2016 and January 2017 (Du et al. 2020, doi 10.3201/eid2605.200146, "
    "Table S3) fit better (common part 0.87) than by the table (0.81) or gravity (0.75) alone, and "
    "trips into cities are nearest to those out of them",
    low=0.0, high=1.0,
)  # fmt: skip

_BOUND = "residents of a city travel at least half and at most twice as much as the mean"
LEAST_INTENSITY = _figure(
    "least_intensity", 0.5, "relative to the mean", _BOUND,
    note="holds before the mean over the nation is brought back to 1",
)  # fmt: skip
GREATEST_INTENSITY = _figure(
    "greatest_intensity", 2.0, "relative to the mean", _BOUND,
    note="before Spring Festival cities of migrants are emptied; on other days they are not",
)  # fmt: skip

# How long --------------------------------------------------------------------------------------

LONGEST_STAY = 14
MEAN_STAY = _figure(
    "mean_stay", 2.06, "days",
    "overnight visitors from within China to Guangdong, four months of a year before 2020 "
    "(bulletin of the province's department of culture and tourism; the excerpt read shows no "
    "year, its foreign visitors put it before 2020)",
    "measured", low=2.0, high=2.8,
    note="the form, geometric over 1 to 14 days, is assumed, and a day trip counts as a day; "
    "May Day 2019: 2.25 days (Ministry of Culture and Tourism); National Day 2016: 68 hours, "
    "106 for those who left on its first day (China Telecom, trips of more than 10 km)",
)  # fmt: skip
SHORTEST_VISIT_HOME = int(
    _figure(
        "shortest_visit_home", 7, "days",
        "those who go home for Spring Festival stay 7 to 14 days, each as likely",
        note="many stay longer; 14 is the longest stay",
    )
)  # fmt: skip

# Which day -------------------------------------------------------------------------------------

WEEKEND = _figure(
    "weekend", 1.1, "relative to the mean of a week", "no count by weekday found",
    low=1.0, high=1.3, note="other days are lowered so that a week keeps its mean",
)  # fmt: skip

_CROSS = "cross-region movements a day over 176.5 million, the mean of 2024 (Ministry of Transport)"


def _holiday(name: str, value: float, source: str, status: Status = "measured") -> float:
    note = "short trips by car may change by another factor" if status == "measured" else ""
    return _figure(
        f"holiday.{name}", value, "relative to an ordinary day", source, status, note=note
    )


HOLIDAYS = {
    "new year": _holiday("new year", 1.1, "between none and Dragon Boat", "assumed"),
    "spring festival": _holiday(
        "spring festival", 1.0, "those at home for it return; few leave", "assumed"
    ),
    "qingming": _holiday("qingming", 1.42, f"{_CROSS}: 250 million, 4 to 6 April 2024"),
    "may day": _holiday("may day", 1.54, f"{_CROSS}: 271.7 million, 1 to 5 May 2024"),
    "dragon boat": _holiday(
        "dragon boat", 1.20, f"{_CROSS}: 219 million in 2025, 3.0 % more than in 2024"
    ),
    "mid-autumn": _holiday("mid-autumn", 1.20, "as Dragon Boat, three days as well", "assumed"),
    "national day": _holiday("national day", 1.62, f"{_CROSS}: 286.2 million, 1 to 7 October 2024"),
}

RUSH_DAYS = 15
RUSH = _figure(
    "rush", 2.75, "relative to an ordinary day",
    "2.98 billion passengers in the 40 days of the 2019 rush (1.595 billion in 2023 were 53.5 % of "
    "it), 17.604 billion in the year (Ministry of Transport): 1.66 times the other days; all trips "
    "above the ordinary made in the 15 days before the festival, 1 + 0.656 x 40/15",
    "fitted", low=1.4, high=2.75,
    note="trains, coaches, ships and planes only; people with cars rush less",
)  # fmt: skip

# Which year ------------------------------------------------------------------------------------

_TOURISM = "domestic tourism by quarter, sample survey of the Ministry of Culture and Tourism"
TOURISM = {
    quarter: _figure(f"tourism.{quarter}", value, "relative to the quarter of 2019", source,
                     "measured")
    for quarter, value, source in (
        ("2020-Q2", 0.490, f"{_TOURISM}: -51.0 %"),
        ("2020-Q3", 0.657, f"{_TOURISM}: -34.3 %"),
        ("2020-Q4", 0.671, f"{_TOURISM}: -32.9 %"),
        ("2021-Q1", 0.576, f"{_TOURISM}: 1,024 of 1,777 million"),
        ("2021-Q2", 0.652, f"{_TOURISM}: 847 of 1,300 million"),
        ("2021-Q3", 0.537, f"{_TOURISM}: 818 of 1,524 million"),
        ("2021-Q4", 0.395, f"{_TOURISM}: 557 of 1,410 million"),
        ("2022-Q1", 0.467, f"{_TOURISM}: 830 of 1,777 million"),
        ("2022-Q2", 0.481, f"{_TOURISM}: 625 of 1,300 million"),
        ("2022-Q3", 0.419, f"{_TOURISM}: 639 of 1,524 million"),
        ("2022-Q4", 0.309, f"{_TOURISM}: 436 of 1,410 million"),
    )
}  # fmt: skip
FOLLOWS_TOURISM = _figure(
    "follows_tourism", 0.5, "share of trips",
    "half of the trips between cities fall as tourism does, the others not at all",
    low=0.3, high=1.0,
    note="gives 0.71 for 2022, where all cross-region movements were 0.77 of those of 2023, and "
    "0.73 for its first quarter, where Baidu has 0.69 to 0.82 of 2020",
)  # fmt: skip


def _level(name: str, value: float, source: str, status: Status = "measured",
           low: float | None = None, high: float | None = None) -> float:  # fmt: skip
    return _figure(f"level.{name}", value, "relative to 2019", source, status, low=low, high=high)


_BAIDU = "Baidu migration index of the nation on the same days before Spring Festival"
LEVEL_2020_LOCKED = _level(
    "2020-01-24", 0.4865,
    "Li et al. 2021 J Transp Geogr, doi 10.1016/j.jtrangeo.2021.103153: -51.35 % on average from "
    "26 January to 7 April 2020",
)  # fmt: skip
LEVEL_RUSH_2021 = _level("2021-01-28", 0.56, f"{_BAIDU}: 279.8 against 497.5 in 2020")
LEVEL_RUSH_2022 = _level(
    "2022-01-17", 0.76, f"{_BAIDU}: 345.2 and 510.9 against 497.5 and 621.2 in 2020", low=0.69,
    high=0.82,
)  # fmt: skip
LEVEL_DECEMBER_2022 = _level(
    "2022-12-01", 0.57,
    "between flights (10,618 a day in January were 85 % more than in December and 90.73 % of "
    "before the pandemic, VariFlight: 0.49) and the level of the quarter (0.65)", "assumed",
    0.49, 0.65,
)  # fmt: skip
LEVEL_JANUARY_2023 = _level(
    "2023-01-01", 0.907, "domestic flights in January 2023 (VariFlight)", low=0.535, high=1.12
)
LEVEL_RUSH_2023 = _level(
    "2023-01-07", 1.12,
    "Baidu index of 7 to 19 January against 2019 (The Economist, January 2023)", low=0.535,
    high=1.12,
)  # fmt: skip
LEVEL_AFTER = _level(
    "2023-01-22", 1.0, "railways at 90 % of 2019 in February 2023, more cars", "assumed", 0.9, 1.15
)
