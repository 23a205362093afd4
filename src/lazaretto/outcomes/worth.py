"""What a policy averts for what it costs beyond the less restrictive one, and until when."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lazaretto.outcomes import unit_values as values
from lazaretto.outcomes.answers import HOW_TO, NOT_JUDGED, Answer, spelled
from lazaretto.outcomes.dalys import CONFINEMENT, INFECTION
from lazaretto.outcomes.extra import LEAST, Extra, ExtraCost, averted, ratio, review
from lazaretto.outcomes.rows import ends
from lazaretto.provenance import Figure

WHOLE_RUNS = (
    "whole runs are compared; what would follow if the policy were lifted on that day was not run"
)


def proportion(extra: list[ExtraCost] | None) -> Answer:
    """Answer how many deaths are averted for more sealed days, and what each costs."""
    if extra is None:
        return Answer("proportionality", NOT_JUDGED, (HOW_TO,))
    of = {cost.kind: cost for cost in extra}
    if "deaths" not in of or "days sealed" not in of:
        return Answer("proportionality", f"{NOT_JUDGED}: deaths or sealed days are not known")
    deaths, sealed = averted(of["deaths"].extra), of["days sealed"].extra
    detail = [
        f"deaths averted: {spelled(deaths)}",
        f"more sealed person-days: {spelled(sealed)}",
        *_per_death(extra, deaths),
    ]
    if deaths.mid < LEAST:
        more = f", {-deaths.mid:,.0f} more die" if deaths.mid <= -LEAST else ""
        return Answer("proportionality", f"no deaths are averted{more}", tuple(detail))
    thousands = Extra(*(end / 1000 for end in sealed))
    rate = ratio(deaths, thousands, LEAST / 1000)
    if rate is None:
        answer = f"{deaths.mid:,.0f} deaths are averted without more sealed person-days"
    else:
        answer = f"{spelled(rate)} deaths averted per 1,000 more sealed person-days"
    return Answer("proportionality", answer, tuple(detail))


def _per_death(extra: list[ExtraCost], deaths: Extra) -> Iterator[str]:
    alike = []
    for cost in extra:
        if cost.pan != "policy":
            continue
        if not any(cost.extra):
            alike.append(cost.kind)
            continue
        each = ratio(cost.extra, deaths)
        said = f"{cost.kind}: {spelled(cost.extra)} {cost.unit} more"
        yield said if each is None else f"{said}; {spelled(each)} per death averted"
    if alike:
        yield f"no difference: {'; '.join(alike)}"


def cost_effectiveness(extra: list[ExtraCost] | None) -> Answer:
    """Answer what a DALY averted costs more than before, beside two thresholds."""
    if extra is None:
        return Answer("cost-effectiveness", NOT_JUDGED, (HOW_TO,))
    of = {cost.kind: cost.extra for cost in extra}
    lacking = [kind for kind in ("income lost", INFECTION) if kind not in of]
    if lacking:
        return Answer("cost-effectiveness", f"{NOT_JUDGED}: {' and '.join(lacking)} not known")
    income, dalys = of["income lost"], averted(of[INFECTION])
    detail = [
        f"income lost more: {spelled(income)} RMB; DALYs of infection averted: {spelled(dalys)}",
        f"opportunity cost: {_range_of(values.OPPORTUNITY_COST)} RMB per DALY",
        f"willingness to pay: {_range_of(values.WILLINGNESS_TO_PAY)} RMB per QALY",
        "counts income lost before support, not the cost of tests, staff and hospitals",
    ]
    if CONFINEMENT in of:
        harm = of[CONFINEMENT]
        net = Extra(dalys.low - harm.high, dalys.mid - harm.mid, dalys.high - harm.low)
        each = ratio(income, net)
        said = "none are gained" if each is None else f"{spelled(each)} RMB per DALY"
        detail.append(f"DALYs of confinement caused: {spelled(harm)}; were they taken off, {said}")
    each = ratio(income, dalys)
    if each is None:
        return Answer("cost-effectiveness", "no DALYs of infection are averted", tuple(detail))
    answer = f"{spelled(each)} RMB per DALY averted: {_against_thresholds(each)}"
    return Answer("cost-effectiveness", answer, tuple(detail))


def _against_thresholds(each: Extra) -> str:
    if each.mid <= 0:
        return "it costs no more"
    said = []
    for name, figure in (
        ("the opportunity cost", values.OPPORTUNITY_COST),
        ("the willingness to pay", values.WILLINGNESS_TO_PAY),
    ):
        low, _, high = ends(figure).values
        place = "below" if each.mid < low else "above" if each.mid > high else "within"
        said.append(f"{place} {name}")
    return " and ".join(said)


def review_day(results: xr.Dataset, less: xr.Dataset | None) -> Answer:
    """Answer from which day on the policy is no longer better than the less restrictive one."""
    if less is None:
        return Answer("review", NOT_JUDGED, (HOW_TO,))
    lacking = [
        name for name in ("deaths", "persons_by_tier") if name not in results or name not in less
    ]
    if lacking:
        return Answer("review", f"{NOT_JUDGED}: the results lack {' and '.join(lacking)}")
    found = review(results, less)
    if found.day is None:
        return Answer("review", f"no such day within the run: {found.why}", (WHOLE_RUNS,))
    first = np.datetime64(found.day, "D") == results["date"].values[0].astype("datetime64[D]")
    when = f"{found.day}, the first day of the run" if first else str(found.day)
    return Answer("review", f"no longer better from {when} on: {found.why}", (WHOLE_RUNS,))


def _range_of(figure: Figure) -> str:
    low, _, high = ends(figure).values
    return f"{low:,.0f} to {high:,.0f}"
