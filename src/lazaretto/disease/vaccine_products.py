"""Published effectiveness of the vaccines against Omicron: what `lazaretto.disease.vaccines` uses.

Relative risks of each step given the one before: infection; symptoms given infection; need of a
hospital bed given symptoms; death given that need. ``fresh`` and ``waned`` are the two ends
between which protection moves after a dose.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from lazaretto.disease.delta import CAI
from lazaretto.disease.wild_type import RECALLED
from lazaretto.provenance import Figure, Status

HUANG = "Huang Z et al. 2022 BMC Medicine 20:400, Shanghai, BA.2; doi 10.1186/s12916-022-02606-8"
LAU = "Lau et al. 2023 Nat Med 29:348, Hong Kong, BA.2; doi 10.1038/s41591-023-02219-5"
ANDREWS = "Andrews et al. 2022 NEJM 386:1532, England, BA.1; doi 10.1056/NEJMoa2119451"
MCMENAMIN = (
    "McMenamin et al. 2022 Lancet Infect Dis 22:1435, Hong Kong, 60 and over, BA.2; "
    "doi 10.1016/S1473-3099(22)00345-0"
)
WAN = "Hong Kong, 65 and over, BA.2; doi 10.1080/22221751.2022.2114854"
YAN = "Yan et al. 2023 Emerg Microbes Infect 12, Hong Kong; doi 10.1080/22221751.2023.2209201"
LIKE_INACTIVATED = "no figure was found; that of the inactivated vaccine"

UNIT = "relative risk"


@dataclass(frozen=True)
class Protection:
    """Relative risk of each step given the one before; 1 is no protection."""

    infection: Figure
    symptoms: Figure
    hospital: Figure
    death: Figure

    def values(self) -> tuple[float, float, float, float]:
        """Return the four relative risks in the order infection, symptoms, hospital, death."""
        infection, symptoms, hospital, death = (getattr(self, f.name).value for f in fields(self))
        return infection, symptoms, hospital, death


@dataclass(frozen=True)
class Course:
    """What one dose gives: once it works, and once it has waned."""

    fresh: Protection
    waned: Protection


def _risk(
    value: float,
    source: str,
    status: Status,
    low: float | None = None,
    high: float | None = None,
    note: str = "",
) -> Figure:
    return Figure(round(value, 4), UNIT, source, status, low, high, note)


def _cai(infection: float, symptoms: float, hospital: float, death: float) -> Protection:
    risks = [_risk(value, CAI, "measured") for value in (infection, symptoms, hospital, death)]
    return Protection(*risks)


def _given(effectiveness: float, before: float, source: str, status: Status) -> Figure:
    """Return the risk of a step given the one before, from effectiveness against either."""
    note = f"effectiveness {effectiveness:g} over {before:g} against the step before"
    return _risk((1 - effectiveness) / (1 - before), source, status, note=note)


def _guess(protection: Protection, why: str) -> Protection:
    risks = {
        f.name: replace(getattr(protection, f.name), source=why, status="assumed")
        for f in fields(protection)
    }
    return Protection(**risks)


DAYS_TO_WORK = Figure(
    14.0, "days", f"1 / 0.0714 per day; {CAI}", "measured", note="mean, exponential there"
)
DAYS_TO_WANE = Figure(
    180.0,
    "days",
    f"1 / 0.00555 per day; {CAI}",
    "measured",
    note="mean, exponential there; a first inactivated dose does not wane there",
)

_ONE = _cai(0.944, 0.885, 0.644, 0.812)
_TWO = Course(_cai(0.909, 0.804, 0.29, 0.792), _cai(0.941, 0.879, 0.37, 0.817))
_THREE = Course(_cai(0.83, 0.645, 0.036, 0.842), _cai(0.862, 0.722, 0.111, 0.71))
_AS_THIRD = "as the third dose (Cai et al. 2022 have no fourth)"
_FOUR = Course(_guess(_THREE.fresh, _AS_THIRD), _guess(_THREE.waned, _AS_THIRD))

INACTIVATED = (Course(_ONE, _ONE), _TWO, _THREE, _FOUR)
"""CoronaVac and BBIBP-CorV, doses 1 to 4."""

_TWO_INFECTION = "no effect of two doses on infection was found in Hong Kong (SSRN 4200539); little"
_MRNA_TWO = Course(
    Protection(
        _risk(0.80, _TWO_INFECTION, "assumed", 0.6, 1.0),
        _given(0.655, 0.20, f"2 to 4 weeks after; {ANDREWS}; {RECALLED}", "measured"),
        _given(0.893, 0.655, f"severe or fatal; {MCMENAMIN}", "measured"),
        _given(0.907, 0.893, f"death, {WAN}; severe, {MCMENAMIN}", "measured"),
    ),
    Protection(
        _risk(0.95, _TWO_INFECTION, "assumed", 0.8, 1.0),
        _given(0.088, 0.05, f"25 weeks after and more; {ANDREWS}; {RECALLED}", "measured"),
        _given(0.738, 0.088, f"death 211-240 days after, taken for severe too; {YAN}", "assumed"),
        _risk(1.0, "the same figure serves for severe disease and death", "assumed"),
    ),
)
_MRNA_THREE = Course(
    Protection(
        _risk(0.52, f"1 - 0.48, 7 days after; {LAU}", "measured", 0.36, 0.66),
        _given(0.672, 0.48, f"2 to 4 weeks after; {ANDREWS}; {RECALLED}", "measured"),
        _given(0.979, 0.672, f"severe or fatal; {MCMENAMIN}", "measured"),
        _given(0.982, 0.979, f"death 0-13 days after, {YAN}; severe, {MCMENAMIN}", "measured"),
    ),
    Protection(
        _risk(0.74, f"1 - 0.26, 100 days after; {LAU}", "measured", 0.59, 0.93),
        _given(0.457, 0.26, f"10 weeks after and more; {ANDREWS}; {RECALLED}", "measured"),
        _given(0.908, 0.457, f"severe complications, three doses; {WAN}", "measured"),
        _given(0.946, 0.908, f"death 91-120 days after, {YAN}; severe, {WAN}", "measured"),
    ),
)
_FOURTH = "as the third dose; Hong Kong measured the fourth against infection only"
_MRNA_FOUR = Course(
    replace(
        _guess(_MRNA_THREE.fresh, _FOURTH),
        infection=_risk(0.31, f"1 - 0.69, 7 days after; {LAU}", "measured", 0.02, 0.54),
    ),
    replace(
        _guess(_MRNA_THREE.waned, _FOURTH),
        infection=_risk(0.65, f"1 - 0.35, 100 days after; {LAU}", "measured", 0.29, 0.90),
    ),
)
_HALF = "no figure for one dose was read; half the way from none to two doses"


def _half(two: Protection) -> Protection:
    risks = [_risk((1 + value) / 2, _HALF, "assumed") for value in two.values()]
    return Protection(*risks)


_MRNA_ONE = Course(_half(_MRNA_TWO.fresh), _half(_MRNA_TWO.waned))

MRNA = (_MRNA_ONE, _MRNA_TWO, _MRNA_THREE, _MRNA_FOUR)
"""BNT162b2, doses 1 to 4."""

_AD5_ONE = Course(
    replace(
        _guess(_TWO.fresh, f"{LIKE_INACTIVATED}, two doses"),
        infection=_risk(0.868, f"1 - 0.132; {HUANG}", "measured", 0.845, 0.891),
        hospital=_risk(
            0.3167,
            f"1 - 0.779 against severe or critical (0.156-0.942); {HUANG}",
            "measured",
            0.083,
            1.0,
            "over 0.868 for infection and 0.804 for symptoms",
        ),
    ),
    _guess(_TWO.waned, f"{LIKE_INACTIVATED}, two doses"),
)
_AD5_MORE = Course(
    _guess(_THREE.fresh, f"{LIKE_INACTIVATED}, three doses"),
    _guess(_THREE.waned, f"{LIKE_INACTIVATED}, three doses"),
)

AD5 = (_AD5_ONE, _AD5_MORE, _AD5_MORE, _AD5_MORE)
"""Ad5-nCoV (Convidecia), doses 1 to 4; one dose is its primary course."""
