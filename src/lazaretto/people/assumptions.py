"""Every number of the synthetic population that no census table gives, with its source and status.

Probabilities by age band are dimensionless; sizes are persons. `FIGURES` is what reports list.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.provenance import Figure, Status
from lazaretto.words import AGE_BANDS

FIGURES: dict[str, Figure] = {}
"""Every figure of this room by name, for reference pages and reports."""


def _figure(
    name: str, value: float, unit: str, source: str, status: Status = "assumed", note: str = ""
) -> float:
    FIGURES[name] = Figure(value, unit, source, status, note=note)
    return value


def _by_band(
    name: str, values: str, unit: str, source: str, status: Status = "assumed"
) -> NDArray[np.float64]:
    numbers = [float(v) for v in values.split()]
    for band, value in zip(AGE_BANDS, numbers, strict=True):
        _figure(f"{name}[{band}]", value, unit, source, status)
    return np.array(numbers)


# Collective households ---------------------------------------------------------------------

DORMITORY_SHARE = _by_band(
    "dormitory_share",
    "0 0 0 .45 .45 .14 .09 .08 .08 .08 .08 .08 .06 .025 .01 .01 .02 .05",
    "share of band",
    "no table of collective households by age: students and young workers in dormitories, few "
    "elderly in homes; only the shape matters, the odds are shifted to each district's total",
)
ROOM_SMALLEST = int(_figure("room_smallest", 4, "persons", "dormitory rooms hold 4 to 8"))
ROOM_LARGEST = int(_figure("room_largest", 8, "persons", "dormitory rooms hold 4 to 8"))
CARE_ROOM_SMALLEST = int(_figure("care_room_smallest", 2, "persons", "care homes: 2 to 4 a room"))
CARE_ROOM_LARGEST = int(_figure("care_room_largest", 4, "persons", "care homes: 2 to 4 a room"))

# Ages within a household ---------------------------------------------------------------------

_GAP = "age gaps as usual in demographic practice"
_FITTED = (
    "coordinate search on Shanghai's census against Mistry's household matrix with its demography "
    "adjusted, and the census's households with persons of 65 and over; rounded by hand"
)
PARTNER_GAP_SD = _figure("partner_gap_sd", 4.0, "years", _FITTED, "fitted")
CHILD_GAP_MEAN = _figure("child_gap_mean", 27.5, "years", _GAP)
CHILD_GAP_SD = _figure("child_gap_sd", 5.0, "years", _GAP)
SIBLING_GAP_SD = _figure("sibling_gap_sd", 4.5, "years", _GAP)
GRANDCHILD_GAP_MEAN = _figure("grandchild_gap_mean", 55.0, "years", _GAP)
GRANDCHILD_GAP_SD = _figure("grandchild_gap_sd", 6.0, "years", _GAP)
FLATMATE_GAP_SD = _figure("flatmate_gap_sd", 8.0, "years", "flatmates and relatives of one age")

_ROLE = "relative to other roles at the same age; the district's age table sets the level"
ROLE_WEIGHT = {
    name: _by_band(
        f"role_{name}",
        values,
        "relative weight",
        _FITTED if name in ("single", "couple", "child") else _ROLE,
        "fitted" if name in ("single", "couple", "child") else "assumed",
    )
    for name, values in {
        "single": "0 0 0 .03 1.4 1.7 .9 .7 .6 .6 .66 .66 .7 .7 .5 .5 .6 .66",
        "couple": "0 0 0 0 .25 .5 .6 .45 .7 1 1.5 1.3 1.3 1.3 .9 .7 .55 .4",
        "flatmate": "0 0 0 .3 1 1 .7 .5 .4 .4 .4 .4 .4 .3 .2 .2 .1 .1",
        "parent": "0 0 0 0 .4 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "child": "1 1 1 1 .6 .42 .21 .13 .09 .08 .25 .25 .2 .12 .08 .04 .04 .04",
        "relative": "0 0 0 .5 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    }.items()
}

# Make-up of households by size and generations -----------------------------------------------

_MAKEUP = "no table of size by generations in hand; the margins are the census's"
GENERATIONS_BY_SIZE = {
    size: tuple(
        _figure(f"generations_{g}_of_size_{size}", v, "relative weight", _MAKEUP)
        for g, v in zip((1, 2, 3), values, strict=True)
    )
    for size, values in {
        1: (1.0, 0.0, 0.0),
        2: (0.80, 0.20, 0.0),
        3: (0.06, 0.84, 0.10),
        4: (0.05, 0.60, 0.35),
        5: (0.03, 0.27, 0.70),
        6: (0.03, 0.17, 0.80),
        7: (0.03, 0.17, 0.80),
        8: (0.03, 0.17, 0.80),
        9: (0.03, 0.17, 0.80),
        10: (0.03, 0.17, 0.80),
    }.items()
}
_KIND = "share of this make-up among households of its size and generations"
MAKEUP_SHARE = {
    name: _figure(
        f"makeup_{name}",
        value,
        "share",
        _FITTED if "elder" in name else _KIND,
        "fitted" if "elder" in name else "assumed",
    )
    for name, value in {
        "parent_child": 0.94,
        "grandparent_grandchild": 0.06,
        "couple_child": 0.84,
        "parent_two_children": 0.04,
        "elder_couple": 0.08,
        "grandparents_grandchild": 0.04,
        "couple_two_children": 0.65,
        "two_elders_couple": 0.35,
        "couple_three_children": 0.70,
        "two_elders_couple_sibling": 0.30,
        "grandparent_couple_child": 0.65,
        "grandparents_parent_child": 0.35,
        "couple_many_children": 0.10,
        "grandparents_couple_many_children": 0.10,
        "grandparents_couple_child": 0.75,
        "grandparent_couple_two_children": 0.25,
    }.items()
}

# Places -------------------------------------------------------------------------------------

BUILDING_MEAN = _figure(
    "building_mean", 110, "persons", "buildings of about 110 residents (field notes 2.1)"
)
BUILDING_SPREAD = _figure("building_spread", 0.4, "sd of log size", "no table; lognormal")
COMPOUND_MEAN = _figure(
    "compound_mean",
    1150,
    "persons",
    "Shanghai list of 12 April 2022: 1,350 persons a locked unit, 660 controlled, 465 precaution",
    note="mean of the units that were sealed or controlled, 1,215; shape not published",
)
COMPOUND_SPREAD = _figure("compound_spread", 0.9, "sd of log size", "no table; lognormal")
LANE_MEAN = _figure(
    "lane_mean", 20, "persons", "seven or eight neighbouring houses along a lane; no table",
)  # fmt: skip
LANE_SPREAD = _figure("lane_spread", 0.4, "sd of log size", "no table; as buildings")
VILLAGE_MEAN = _figure(
    "village_mean",
    190,
    "persons",
    "590 M rural residents at the end of 2016 in the 3.17 M natural villages of the third national "
    "agricultural census (recalled, unverified)",
    note="a natural village is a settlement; an administrative village holds several of them",
)
VILLAGE_SPREAD = _figure("village_spread", 0.9, "sd of log size", "no table; as compounds")
SUBDISTRICT_MEAN = _figure(
    "subdistrict_mean", 115_000, "persons", "24.87 M in 216 subdistricts of Shanghai", "measured"
)
SUBDISTRICT_SPREAD = _figure("subdistrict_spread", 0.4, "sd of log size", "no table; lognormal")

# Schools ------------------------------------------------------------------------------------

_SCHOOL = "plausible Chinese school; no table of enrolment in hand"
SCHOOL_MEAN = {
    name: _figure(f"school_mean_{name}", value, "pupils", _SCHOOL)
    for name, value in {
        "kindergarten": 300,
        "primary": 1_000,
        "secondary": 900,
        "university": 8_000,
    }.items()
}
SCHOOL_SPREAD = _figure("school_spread", 0.45, "sd of log size", "no table; lognormal")
_STARTS = "children start primary school at 6, six years, then six years of secondary school"
KINDERGARTEN_OF_5_9 = _figure("kindergarten_of_5_9", 0.233, "share of pupils", _STARTS)
PRIMARY_OF_10_14 = _figure("primary_of_10_14", 0.433, "share of pupils", _STARTS)
SECONDARY_OF_15_19 = _figure("secondary_of_15_19", 0.633, "share of pupils", _STARTS)

# Workplaces ---------------------------------------------------------------------------------

_SIZES = (
    "P(size > m) ~ (1 + m/a)^-c, cut off: Ferguson et al. 2006 (doi:10.1038/nature04795); "
    "coefficients recalled, for the USA; no Chinese size table in hand"
)
WORKPLACE_OFFSET = _figure(
    "workplace_offset",
    6.6,
    "persons",
    "5.35 in Ferguson et al. 2006, raised so that the mean is 17.6: 383 M employed in 21.79 M "
    "legal entities, national economic census 2018 (recalled, unverified)",
)
WORKPLACE_EXPONENT = _figure("workplace_exponent", 1.34, "dimensionless", _SIZES)
WORKPLACE_LARGEST = int(_figure("workplace_largest", 5_927, "persons", _SIZES))

_DUTY = "share of the industry's workers on duty in a lockdown; no count by industry found"
ON_DUTY = {
    industry: _figure(f"on_duty_{industry}", value, "share of workers", _DUTY)
    for industry, value in {
        "health_social": 0.70,
        "utilities": 0.50,
        "public_administration": 0.50,
        "water_environment_public_facilities": 0.50,
        "transport_post": 0.30,
        "food_retail": 0.25,
        "agriculture": 0.25,
    }.items()
}
FOOD_OF_RETAIL = _figure(
    "food_of_retail", 0.20, "share of wholesale and retail", "food shops and wholesalers"
)

# Travel between districts --------------------------------------------------------------------

_GRAVITY = (
    "gravity_model_fits.csv: fitted to Baidu flows between cities, January 2020; used here "
    "between the districts of a city"
)
POPULATION_EXPONENT = _figure("population_exponent", 1.10874, "dimensionless", _GRAVITY, "fitted")
SETTLED_M2 = _figure(
    "settled_land", 100.0, "m2/person", "urban land of 65 to 115 m2 a resident (standard GB 50137)",
    note="recalled; keeps residents of large rural districts near their seat",
)  # fmt: skip
DISTANCE_EXPONENT = _figure("distance_exponent", -2.39764, "dimensionless", _GRAVITY, "fitted")
