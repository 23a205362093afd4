"""Published figures on severe disease and death by age: what `lazaretto.disease.severity` uses."""

from __future__ import annotations

from collections.abc import Sequence

from lazaretto.disease.delta import CAI
from lazaretto.disease.natural_history import AgeFigures
from lazaretto.provenance import Figure, Status

BRAZEAU = (
    "Brazeau et al. 2022 Commun Med 2:54, table 2, without seroreversion; "
    "doi 10.1038/s43856-022-00106-7"
)
REPORT_9 = (
    "Ferguson et al. 2020 (Imperial College report 9), as table 3 of PMC8143904; doi 10.25561/77482"
)
FISMAN = "Fisman and Tuite 2021 CMAJ, Ontario, Delta against no variant; doi 10.1503/cmaj.211248"
WEBSTER = "Webster et al. 2022 Nat Commun, England, BA.2 against BA.1"
CHEN = "Chen X et al. 2022 Emerg Microbes Infect 11:2800; doi 10.1080/22221751.2022.2128435"


def _by_age(
    ages: Sequence[str], values: Sequence[float], unit: str, source: str, status: Status
) -> AgeFigures:
    pairs = zip(ages, values, strict=True)
    return tuple((age, Figure(value, unit, source, status)) for age, value in pairs)


FIVE_YEARS = (*(f"{a}-{a + 4}" for a in range(0, 85, 5)), "85+")

WILD_TYPE_DEATH: AgeFigures = (
    *_by_age(
        FIVE_YEARS[:-1],
        (
            *(0.0, 0.0001, 0.0001, 0.0002, 0.0003, 0.0004, 0.0007, 0.0010, 0.0016),
            *(0.0025, 0.0040, 0.0062, 0.0096, 0.0150, 0.0234, 0.0366, 0.0571),
        ),
        "share of the infected",
        BRAZEAU,
        "measured",
    ),
    (
        "85+",
        Figure(
            0.106,
            "share of the infected",
            f"0.089 at 85-89 and 0.174 at 90 and over, weighted 4 to 1; {BRAZEAU}",
            "assumed",
            0.0409,
            0.31,
        ),
    ),
)
"""Chance to die of an infection with wild type, high-income pooled, with hospital care."""

_TEN_YEARS = (*(f"{a}-{a + 9}" for a in range(0, 80, 10)), "80+")

WILD_TYPE_HOSPITAL = _by_age(
    _TEN_YEARS,
    (0.001, 0.003, 0.012, 0.032, 0.049, 0.102, 0.166, 0.243, 0.273),
    "share of the symptomatic",
    REPORT_9,
    "measured",
)
WILD_TYPE_ICU = _by_age(
    _TEN_YEARS,
    (0.05, 0.05, 0.05, 0.05, 0.063, 0.122, 0.274, 0.432, 0.709),
    "share of those in hospital",
    REPORT_9,
    "measured",
)

DELTA_HOSPITAL = Figure(2.08, "odds ratio", FISMAN, "measured", 1.78, 2.40)
DELTA_ICU = Figure(
    1.61,
    "odds ratio",
    f"3.35 for intensive care over 2.08 for hospital; {FISMAN}",
    "fitted",
    note="among those in hospital",
)
DELTA_DEATH = Figure(2.33, "odds ratio", FISMAN, "measured", 1.54, 3.31)

BA1_HOSPITAL = Figure(
    1.14, "odds ratio", f"1 / 0.88; {WEBSTER}", "measured", 1.06, 1.20, "against BA.2"
)
BA1_DEATH = Figure(
    1.25, "odds ratio", f"1 / 0.80; {WEBSTER}", "measured", 1.11, 1.41, "against BA.2"
)

_BF7 = (
    "no figure for BF.7 was found; that of BA.5, between 1.38 (hospital, British Columbia: 1.18 "
    "against BA.1, which had 1.17 against BA.2) and 0.70 (death in hospital, South Africa, "
    "doi 10.1101/2022.08.24.22279197)"
)
BF7_HOSPITAL = Figure(1.0, "odds ratio", _BF7, "assumed", 0.70, 1.38, "against BA.2")
BF7_DEATH = Figure(1.0, "odds ratio", _BF7, "assumed", 0.70, 1.38, "against BA.2")

_FIT = (
    "with Shanghai's ages (census 2020), 19 percent of infections at 60 and over (Shanghai CDC, "
    "20 April 2022) and its vaccination of April 2022"
)
BA2_SEVERE_AT_80 = Figure(
    0.0368,
    "share of the infected",
    f"set so that 0.27 percent (0.24-0.29) of infections are severe or critical; {CHEN}",
    "fitted",
    0.0327,
    0.0395,
    f"unvaccinated; {_FIT}. Severe as officials counted it: nobody is in hospital in the model "
    "for observation only",
)
BA2_SEVERE_DOUBLING = Figure(
    6.48,
    "years of age",
    f"set so that 66 percent of the severe are 80 or older: 125.29 per 100,000 residents of that "
    f"age; {CHEN}",
    "fitted",
    note="the age group of that rate is cut off in the excerpt read; taken as 80 and over",
)
BA2_DEATH_AT_80 = Figure(
    0.0122,
    "share of the infected",
    f"set so that 0.09 percent (0.09-0.10) of the infected die; {CHEN}",
    "fitted",
    0.0122,
    0.0136,
    f"unvaccinated; {_FIT}. Deaths as officials counted them, probably too few: Hong Kong found "
    "the unvaccinated as likely to die of BA.2 as of wild type (Mefsin et al. 2022 Emerg Infect "
    "Dis 28(9)), here 0.057 at 80-84",
)
BA2_DEATH_DOUBLING = Figure(
    5.56,
    "years of age",
    "set so that the mean age at death is 82.7 years, that of the 561 deaths in Shanghai whose "
    "mean age was announced (bulletins, 17 April to 18 May 2022)",
    "fitted",
)
MEAN_AGE_85 = Figure(89.0, "years", "mean age of residents of 85 and over", "assumed", 88, 90)

BA2_ICU_LEVEL = Figure(
    0.277,
    "ratio",
    "factor on the shares of Cai et al. so that 15.8 percent of severe and critical patients are "
    "critical, as in Shanghai (20 April to 18 May 2022), stays of 6 and 8 days considered",
    "fitted",
    note="critical, as officials counted it, is taken as in need of intensive care",
)

CAI_AGES = ("0-2", "3-11", "12-17", "18-29", "30-39", "40-49", "50-59", "60-69", "70+")
CAI_SYMPTOMATIC = _by_age(
    CAI_AGES,
    (0.0716, 0.0716, 0.0716, 0.0887, 0.0887, 0.1209, 0.1209, 0.1589, 0.1589),
    "share of the infected",
    f"p_symp_adjusted times asymp_scale of 0.15; {CAI}",
    "measured",
)
CAI_HOSPITAL = _by_age(
    CAI_AGES,
    (0.1109, 0.0637, 0.1501, 0.0741, 0.0978, 0.0802, 0.1706, 0.2045, 0.6560),
    "share of the symptomatic",
    CAI,
    "measured",
)
CAI_ICU = _by_age(
    CAI_AGES,
    (0.0023, 0.0161, 0.0333, 0.0539, 0.0982, 0.1466, 0.1949, 0.2967, 0.4822),
    "share of those in hospital",
    CAI,
    "measured",
)
CAI_DEATH_WARD = _by_age(
    CAI_AGES,
    (0.0026, 0.0052, 0.0075, 0.0096, 0.0080, 0.0323, 0.0575, 0.0868, 0.2498),
    "share of those in a ward",
    CAI,
    "measured",
)
CAI_DEATH_ICU = _by_age(
    CAI_AGES,
    (0.0340, 0.0674, 0.0981, 0.1248, 0.1045, 0.2066, 0.3332, 0.3645, 0.3747),
    "share of those in intensive care",
    CAI,
    "measured",
)

_RATES = f"rates of {CAI}"
DAYS_TO_HOSPITAL = Figure(2.2, "days", _RATES, "measured", note="from onset; exponential there")
WARD_DAYS = Figure(6.0, "days", _RATES, "measured", note="of those who recover; exponential there")
ICU_DAYS = Figure(8.0, "days", _RATES, "measured", note="of those who recover; exponential there")
DEATH_DAYS = Figure(8.0, "days", _RATES, "measured", note="hospital to death; exponential there")
