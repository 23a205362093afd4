"""What a day of confinement is worth in visits, income and health: every unit value, as ranges.

The numbers are those of the behaviour notes 3.1 and 3.2. A ledger never adds what is measured in
different units.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lazaretto.outcomes import disability_weights
from lazaretto.provenance import Figure
from lazaretto.words import INCOMES

_XIAO = "Xiao, Liu and Unger 2023, doi 10.1038/s43856-023-00375-w"
_WU = "Wu et al. 2021, doi 10.1007/s11239-021-02385-8"
_HALL = "Hall et al. 2023, doi 10.1016/j.jad.2023.02.121"

_CONFINED = (
    "Mar-May 2022 had 61 days x 24.87 M residents from 1 April on, all in one of the three zones, "
    "and 4 days x 8.28 M in the first batch from 28 March: 1,550 M person-days of confinement"
)

OUTPATIENT = Figure(
    0.02185, "visits/person-day", _XIAO, "measured",
    note="usual use: 23.5 M visits lost were 47 %, so 50.0 M in Mar-May; 50.0 M / (92 days x "
    "24.87 M residents)",
)  # fmt: skip
INPATIENT = Figure(
    0.000477, "stays/person-day", _XIAO, "measured",
    note="usual use: 0.6 M stays lost were 55 %, so 1.09 M in Mar-May; 1.09 M / (92 days x "
    "24.87 M residents)",
)  # fmt: skip
OUTPATIENT_GRADIENT = Figure(
    0.27, "share", _XIAO, "measured", 0.20, 0.34,
    "visits forgone when movement out of the city falls by 100 points: 2.7 (2.0-3.4) points for "
    "each 10. Low end of the range, for a sealed day; times the weight of the tier",
)  # fmt: skip
INPATIENT_GRADIENT = Figure(
    0.43, "share", _XIAO, "measured", 0.35, None,
    "stays forgone when movement out of the city falls by 100 points: 4.3 points for each 10 "
    "(3.5 at least; the upper limit was not read). Low end of the range, for a sealed day; times "
    "the weight of the tier",
)  # fmt: skip
OUTPATIENT_SPREAD = Figure(
    0.694, "share", _XIAO, "fitted",
    note=f"high end, for a day at any tier above open: {_CONFINED}; 23.5 M visits / 1,550 M / "
    "0.02185 usual. Spread over weighted days it would be more than all care: all of the city was "
    "shut, so the tiers are not told apart here",
)  # fmt: skip
INPATIENT_SPREAD = Figure(
    0.812, "share", _XIAO, "fitted",
    note=f"high end, for a day at any tier above open: {_CONFINED}; 0.6 M stays / 1,550 M / "
    "0.000477 usual",
)  # fmt: skip

STROKES = Figure(
    4.58e-7, "strokes/person-day", _WU, "measured", None, 5.32e-7,
    "not brought to emergency care, Beijing 24 Jan to 3 Jun 2020: 1,335 / (133 days x 21.89 M "
    "residents). High: the fall at onset, 52.1 % (45.8-57.7) of (17,123 + 1,335) / 118 weeks. "
    "Low: times the weight of the tier, as if Beijing had been sealed",
)  # fmt: skip
HEART_ATTACKS = Figure(
    2.57e-7, "heart attacks/person-day", _WU, "measured", None, 3.29e-7,
    "not brought to emergency care, Beijing 24 Jan to 3 Jun 2020: 747 / (133 days x 21.89 M "
    "residents). High: the fall at onset, 63.1 % of (8,693 + 747) / 118 weeks. Low: times the "
    "weight of the tier, as if Beijing had been sealed",
)  # fmt: skip
_NO_RISE = (
    "low is none: outside Wuhan no rise of other deaths was found in early 2020 and some causes "
    "fell (Liu J. et al. 2021, doi 10.1136/bmj.n415). Wuhan's own ratio is not used: hospitals "
    "were overloaded there"
)
STROKE_DEATHS = Figure(
    0.10, "deaths/stroke", "no source", "assumed", 0.0, 0.20,
    f"excess deaths of strokes that were not treated; {_NO_RISE}",
)  # fmt: skip
HEART_DEATHS = Figure(
    0.15, "deaths/heart attack", "no source; in hospital 3.1 to 10.2 % die (Xu et al. 2020, doi "
    "10.1001/jamanetworkopen.2020.21677)", "assumed", 0.0, 0.30,
    f"excess deaths of heart attacks that were not treated; {_NO_RISE}",
)  # fmt: skip
INPATIENT_DEATHS = Figure(
    0.0005, "deaths/stay", "no source", "assumed", 0.0, 0.002,
    f"excess deaths of stays in hospital that were forgone or put off; {_NO_RISE}",
)  # fmt: skip

INCOME_LOSS = Figure(
    190, "RMB/sealed person-day", "Chen J. et al. 2025, doi 10.1016/j.jue.2024.103729; National "
    "Bureau of Statistics", "fitted", 120, 260,
    "high: 54 % of the income of a city in full lockdown x 4.32 tn RMB a year / 365 / 25 M (the "
    "GDP is recalled). Low: the shortfall of the second quarter of 2022 over about 65 days. The "
    "value is the middle. Other tiers by their weight; before any income support",
)  # fmt: skip
USUAL_INCOME = Figure(
    473, "RMB/person-day", "National Bureau of Statistics", "measured",
    note="4.32 tn RMB / 365 / 25 M, the GDP of Shanghai in 2021 (recalled): what the loss is a "
    "share of",
)  # fmt: skip
_FUJIAN = (
    "income per head of urban households of Fujian by fifths, 2021 (Fujian Statistical Yearbook "
    "2022, table 7-4): 20,897 35,281 48,780 65,668 117,539 RMB"
)
_SHARES = ((0.0725, 0.0447, 0.0725), (0.1224, 0.0988, 0.1224), (0.1693, 0.1557, 0.1693),
           (0.2279, 0.2279, 0.2409), (0.4079, 0.4079, 0.4600))  # fmt: skip
INCOME_SHARES: tuple[tuple[str, Figure], ...] = tuple(
    (
        income,
        Figure(
            share, "share", _FUJIAN, "assumed", low, high,
            "taken for Shanghai, whose own fifths were not found; the other end of the range is "
            "all of China, town and country (8,333 to 85,836 RMB, National Bureau of Statistics)",
        ),
    )
    for income, (share, low, high) in zip(INCOMES, _SHARES, strict=True)
)  # fmt: skip
"""Share of all income that each income class earns."""
LOSS_RATES: tuple[tuple[str, Figure], ...] = tuple(
    (
        income,
        Figure(
            rate, "ratio", "no source", "assumed", low, high,
            "share of its income that a class loses relative to the middle class; day labour and "
            "small trade cannot be done from home. Scaled so that the classes together lose what "
            "the city does",
        ),
    )
    for income, (rate, low, high) in zip(
        INCOMES,
        ((1.6, 1.0, 2.2), (1.3, 1.0, 1.6), (1.0, 1.0, 1.0), (0.9, 0.7, 1.0), (0.7, 0.4, 1.0)),
        strict=True,
    )
)  # fmt: skip
"""How much of its own income each class loses on a sealed day, relative to the middle class."""

_NO_BASELINE = (
    "adults, Shanghai 29 Apr to 1 Jun 2022, N = 3,230, purposive online sample: a prevalence "
    "without baseline"
)
DEPRESSED = Figure(0.261, "share", _HALL, "measured", 0.248, 0.274, f"PHQ-9; {_NO_BASELINE}")
ANXIOUS = Figure(0.201, "share", _HALL, "measured", 0.183, 0.220, f"GAD-7; {_NO_BASELINE}")
SUICIDAL = Figure(
    0.038, "share", _HALL, "measured", 0.029, 0.048, f"suicidal ideation; {_NO_BASELINE}"
)
ATTRIBUTABLE = Figure(
    0.5, "share", "no comparison group is known", "assumed", 0.0, 1.0,
    "share of the prevalence that is due to confinement: anything from none to all",
)  # fmt: skip

SCHOOLING = Figure(
    -0.14, "standard deviations", "Betthauser, Bach-Mortensen and Engzell 2023, doi "
    "10.1038/s41562-022-01506-4", "measured", -0.17, -0.10,
    "learning deficit of the pandemic, larger for the poor; days are counted, not converted",
)  # fmt: skip
TRUST = Figure(
    -0.0777, "share per 40 days", "Zhao, Wang and Ye 2024, doi 10.1016/j.jce.2024.11.002",
    "measured", note="trust in local government; the ledger shows the trust of the run instead",
)  # fmt: skip

OPPORTUNITY_COST = Figure(
    37_400, "RMB/DALY", "Ochalek et al. 2020, doi 10.1007/s40273-020-00954-y", "measured",
    27_923, 52_247, "what other care gives up for a DALY: 47 to 88 % of GDP per head, central 63 % "
    "(63 % of 52,247 / 0.88 is the value)",
)  # fmt: skip
WILLINGNESS_TO_PAY = Figure(
    140_800, "RMB/QALY", "Xu L. et al. 2024, doi 10.1136/bmjgh-2023-013070", "measured",
    128_000, 149_500, "what people in Jiangsu say they would pay in chronic (low), terminal "
    "(value) and rare disease (high): 1.76 to 2.06 times GDP per head. A DALY averted is taken for "
    "a QALY gained",
)  # fmt: skip

UNIT_VALUES: Mapping[str, Figure] = MappingProxyType(
    {
        "care.outpatient": OUTPATIENT,
        "care.inpatient": INPATIENT,
        "care.outpatient_gradient": OUTPATIENT_GRADIENT,
        "care.inpatient_gradient": INPATIENT_GRADIENT,
        "care.outpatient_spread": OUTPATIENT_SPREAD,
        "care.inpatient_spread": INPATIENT_SPREAD,
        "care.strokes": STROKES,
        "care.heart_attacks": HEART_ATTACKS,
        "care.stroke_deaths": STROKE_DEATHS,
        "care.heart_deaths": HEART_DEATHS,
        "care.inpatient_deaths": INPATIENT_DEATHS,
        "income.loss": INCOME_LOSS,
        "income.usual": USUAL_INCOME,
        **{f"income.share.{income}": figure for income, figure in INCOME_SHARES},
        **{f"income.loss_rate.{income}": figure for income, figure in LOSS_RATES},
        "mental.depressed": DEPRESSED,
        "mental.anxious": ANXIOUS,
        "mental.suicidal": SUICIDAL,
        "mental.attributable": ATTRIBUTABLE,
        "schooling.deficit": SCHOOLING,
        "trust.loss": TRUST,
        **dict(disability_weights.FIGURES),
        "threshold.opportunity_cost": OPPORTUNITY_COST,
        "threshold.willingness_to_pay": WILLINGNESS_TO_PAY,
    }
)
"""Every unit value by key: the table that reports list."""
