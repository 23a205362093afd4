"""What a policy averts for what it costs beyond the less restrictive one, and until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from lazaretto.outcomes import unit_values as values
from lazaretto.outcomes.answers import HOW_TO, NOT_JUDGED, Answer, more_or_fewer, spelled
from lazaretto.outcomes.confined_more import priced_by
from lazaretto.outcomes.dalys import CONFINEMENT, INFECTION
from lazaretto.outcomes.extra import LEAST, Extra, ExtraCost, averted, ratio, review
from lazaretto.outcomes.rows import ends
from lazaretto.provenance import Figure

WHOLE_RUNS = (
    "whole runs are compared; what would follow if the policy were lifted on that day was not run"
)


def proportion(extra: list[ExtraCost] | None, more: Mapping[str, Extra]) -> Answer:
    """Answer how many deaths are averted for more confinement, and what each costs.

    Confinement is person-days sealed; where no more of these are, controlled or sealed.

    Parameters
    ----------
    extra
        What the policy costs more; none if there is nothing to compare with.
    more
        What it confines more (`lazaretto.outcomes.confined_more`).
    """
    if extra is None:
        return Answer("proportionality", NOT_JUDGED, (HOW_TO,))
    of = {cost.kind: cost for cost in extra}
    if "deaths" not in of or not more:
        return Answer("proportionality", f"{NOT_JUDGED}: deaths or sealed days are not known")
    deaths, tier = averted(of["deaths"].extra), priced_by(more)
    confined = more[tier]
    detail = [
        f"deaths: {more_or_fewer(of['deaths'].extra)}",
        f"{tier}: {more_or_fewer(confined, 'person-days')}",
        *_per_death(extra, deaths),
    ]
    if deaths.mid < LEAST:
        worse = f", {-deaths.mid:,.0f} more die" if deaths.mid <= -LEAST else ""
        return Answer("proportionality", f"no deaths are averted{worse}", tuple(detail))
    thousands = Extra(*(end / 1000 for end in confined))
    rate = ratio(deaths, thousands, LEAST / 1000)
    if rate is None:
        answer = f"{deaths.mid:,.0f} deaths are averted without more {tier} person-days"
    else:
        answer = f"{spelled(rate)} deaths averted per 1,000 more {tier} person-days"
    return Answer("proportionality", answer, tuple(detail))


def _per_death(extra: list[ExtraCost], deaths: Extra) -> Iterator[str]:
    alike = []
    for cost in extra:
        if cost.pan != "policy":
            continue
        if not any(cost.extra):
            alike.append(cost.kind)
            continue
        said = f"{cost.kind}: {more_or_fewer(cost.extra, cost.unit)}"
        each = ratio(cost.extra, deaths) if cost.extra.mid > 0 else None
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
    amounts = [
        f"income lost: {more_or_fewer(income, 'RMB')}",
        f"DALYs of infection: {more_or_fewer(of[INFECTION])}",
        "counts income lost before support, not the cost of tests, staff and hospitals",
    ]
    if CONFINEMENT in of:
        amounts.insert(2, f"DALYs of confinement: {more_or_fewer(of[CONFINEMENT])}")
    each = ratio(income, dalys)
    if each is None:
        answer = "no DALYs of infection are averted"
        return Answer("cost-effectiveness", answer, tuple(amounts))
    if income.mid <= 0:
        answer = "DALYs of infection are averted and no more income is lost: it costs no more"
        return Answer("cost-effectiveness", answer, tuple(amounts))
    detail = [
        *amounts,
        f"opportunity cost: {_range_of(values.OPPORTUNITY_COST)} RMB per DALY",
        f"willingness to pay: {_range_of(values.WILLINGNESS_TO_PAY)} RMB per QALY",
    ]
    if CONFINEMENT in of:
        harm = of[CONFINEMENT]
        net = ratio(
            income, Extra(dalys.low - harm.high, dalys.mid - harm.mid, dalys.high - harm.low)
        )
        said = "none are gained" if net is None else f"{spelled(net)} RMB per DALY"
        detail.append(f"were the DALYs of confinement taken off, {said}")
    answer = f"{spelled(each)} RMB per DALY averted: {_against_thresholds(each)}"
    return Answer("cost-effectiveness", answer, tuple(detail))


def _against_thresholds(each: Extra) -> str:
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
