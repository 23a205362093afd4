"""What a day of illness and a death count for in DALYs: weights, durations, remaining life."""

from __future__ import annotations

from lazaretto.provenance import Figure
from lazaretto.words import AGE_BANDS

_COVID_WEIGHTS = (
    "consensus model of the burden of COVID-19, doi 10.1186/s12889-021-11893-4 (table 1)"
)
_GBD = "Global Burden of Disease 2019"
_ZOE = "Menni et al. 2022, doi 10.1016/s0140-6736(22)00327-0"

MILD = Figure(
    0.006, "DALYs per year", _GBD, "measured", 0.002, 0.012,
    "infectious disease, acute episode, mild; recalled, not read again here",
)  # fmt: skip
MODERATE = Figure(
    0.051, "DALYs per year", _COVID_WEIGHTS, "measured", 0.032, 0.074,
    "symptoms that cause some difficulty with daily activities",
)  # fmt: skip
MODERATE_SHARE = Figure(
    0.4, "share", "no source", "assumed", 0.2, 0.6,
    "share of symptomatic infections that are moderate, the rest is mild",
)  # fmt: skip
SYMPTOM_DAYS = Figure(
    6.5, "days", _ZOE, "measured", 4.4, 8.3,
    "low: vaccinated three times, high: twice (Omicron BA.1, United Kingdom, mRNA and vector "
    "vaccines); the value is the middle of these. The consensus model counts 14 days",
)  # fmt: skip
WARD = Figure(
    0.133, "DALYs per year", _COVID_WEIGHTS, "measured", 0.088, 0.190, "severe, in hospital"
)
ICU = Figure(
    0.655, "DALYs per year", _COVID_WEIGHTS, "measured", 0.579, 0.727, "critical, intensive care"
)
AFTERWARDS = Figure(
    0.219, "DALYs per year", _COVID_WEIGHTS, "measured", 0.148, 0.308, "post-acute consequences"
)
AFTERWARDS_SHARE = Figure(
    0.02, "share", "no source for BA.2 after inactivated vaccines", "assumed", 0.0, 0.05,
    "share of symptomatic infections with post-acute consequences",
)  # fmt: skip
AFTERWARDS_DAYS = Figure(
    60, "days", "no source", "assumed", 30, 180, "how long post-acute consequences last"
)
DEPRESSION = Figure(
    0.396, "DALYs per year", _GBD, "measured", 0.267, 0.531,
    "moderate major depressive disorder; recalled, not read again here. A score of 10 or more on "
    "the PHQ-9 is a sign of it, no diagnosis",
)  # fmt: skip
ANXIETY = Figure(
    0.133, "DALYs per year", _GBD, "measured", 0.091, 0.186,
    "moderate anxiety disorder; recalled, not read again here. A score on the GAD-7 is no "
    "diagnosis",
)  # fmt: skip

# Years left at the middle of the band: the mean of the expectations at its two ends.
_YEARS_LEFT = (75.2, 70.7, 65.7, 60.8, 55.9, 51.1, 46.3, 41.5, 36.7, 32.2, 27.7, 23.2, 19.1, 15.3,
               11.8, 8.8, 6.3, 4.6)  # fmt: skip

REMAINING_LIFE: tuple[tuple[str, Figure], ...] = tuple(
    (
        band,
        Figure(
            years,
            "years",
            "WHO life table of China 2019, both sexes",
            "measured",
            note="recalled, not read again here: 77.4 years at birth, 21.1 at 60, 17.1 at 65, "
            "13.4 at 70, 10.1 at 75, 7.4 at 80; value at the middle of the band",
        ),
    )
    for band, years in zip(AGE_BANDS, _YEARS_LEFT, strict=True)
)
"""Years a person of each age band had left to live, by band."""

REMAINING_LEVEL = Figure(
    1.0, "ratio", "no source", "assumed", 0.7, 1.15,
    "years lost by those who die, relative to the life table. Low: they were frailer than others "
    "of their age. High: registered residents of Shanghai live longer, 83.6 years at birth in 2018 "
    "(Shanghai Municipal Health Commission) against 77.4, most of the gap at old age",
)  # fmt: skip
MISSED_CARE_YEARS = Figure(
    12, "years", "no source", "assumed", 8, 17,
    "years lost by a death from missed care: the life table at 65 (high), 72 and 79 years (low)",
)  # fmt: skip

FIGURES: tuple[tuple[str, Figure], ...] = (
    ("dalys.mild", MILD),
    ("dalys.moderate", MODERATE),
    ("dalys.moderate_share", MODERATE_SHARE),
    ("dalys.symptom_days", SYMPTOM_DAYS),
    ("dalys.ward", WARD),
    ("dalys.icu", ICU),
    ("dalys.afterwards", AFTERWARDS),
    ("dalys.afterwards_share", AFTERWARDS_SHARE),
    ("dalys.afterwards_days", AFTERWARDS_DAYS),
    ("dalys.depression", DEPRESSION),
    ("dalys.anxiety", ANXIETY),
    *((f"dalys.remaining_life.{band}", figure) for band, figure in REMAINING_LIFE),
    ("dalys.remaining_level", REMAINING_LEVEL),
    ("dalys.missed_care_years", MISSED_CARE_YEARS),
)
"""Every figure above with its key."""
