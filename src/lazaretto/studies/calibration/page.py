"""The fit report as a Markdown page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from lazaretto.studies.calibration.findings import FEW, MOVED, TOGETHER
from lazaretto.studies.calibration.misfit import COUNT_ERROR, LASTS, SHARE_ERROR
from lazaretto.studies.calibration.plan import MOST_TIMES

NOT_GIVEN = (
    "Not fitted: reports by age (not published by day), the speed of the spatial front and the "
    "attack rate in households (runs do not keep them). Compounds of the model stand for listed "
    "addresses, of which there were twice as many; the share found in quarantine is by the "
    "official definition, residents of sealed buildings included."
)

ENDED = (
    f"A run with {MOST_TIMES} times the reports of the data ended there, its later days held. "
    "`inference-data.nc` opens with ArviZ; its draws are the particles resampled by weight, "
    "independent of each other, so R-hat and autocorrelation mean nothing for them. The "
    "command draws `fit.svg` and `prior-posterior.svg`."
)

TAIL = 0.7
"""Shape of the tail of weights up to which they are trusted (Vehtari et al. 2024)."""


def page(found: dict[str, Any]) -> str:
    """Return the fit report of a calibration.

    Parameters
    ----------
    found
        What `lazaretto.studies.calibration.findings.findings` gave.
    """
    lines = [f"# {found['title']}: fit report", "", *_head(found), ""]
    lines += ["## What the data say of the numbers", "", *_parameters(found), ""]
    lines += ["## Does it fit?", "", *_fit(found), ""]
    lines += ["## Days no fit saw", "", *held_out(found["held_out"]), ""]
    lines += ["## Both pans", "", *_cost(found["cost"]), ""]
    lines += ["## How it was fitted", "", *_generations(found), ""]
    return "\n".join(lines)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table in Markdown, all columns but the first to the right."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows)]


def _head(found: dict[str, Any]) -> list[str]:
    place = found["place"]
    if found["share"] != 1:
        place += f", {found['share']:g} of the residents; counts below are those of the whole"
    said = [
        f"`{found['scenario']}` in {place}. The fit saw data to {found['data_until']} and no later "
        f"day. {found['particles']} particles, as good as {found['effective_particles']:g} "
        f"independent ones, from {found['runs']:,} runs."
    ]
    if found["few"]:
        said.append(f"\n**Fewer than {FEW} effective particles: every band below is rough.**")
    if found["failed"]:
        said.append(f"\n{len(found['failed'])} runs could not be made and count as far from the "
                    f"data; the first: {found['failed'][0]}")  # fmt: skip
    return said


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _parameters(found: dict[str, Any]) -> list[str]:
    rows = [
        (
            p["name"],
            f"{p['prior']['kind']} {_number(p['prior']['low'])} to {_number(p['prior']['high'])}",
            _number(p["shipped"]),
            f"{_number(p['p50'])} ({_number(p['p05'])} to {_number(p['p95'])})",
            f"{p['prior_left']:.2f}",
            "cannot be said" if p["moved"] is None else "yes" if p["moved"] else "no",
        )
        for p in found["parameters"]
    ]
    heads = ("number", "prior", "shipped", "posterior, median (90 %)",
             "prior deviation left", "moved by the data")  # fmt: skip
    together = [c for c in found["correlations"] if abs(c["correlation"]) >= TOGETHER]
    pairs = "; ".join(f"{c['a']} and {c['b']} ({c['correlation']:+.2f})" for c in together)
    said = f"Told apart badly (correlation of {TOGETHER:g} and more): {pairs}." if together else (
        f"No two numbers have a correlation of {TOGETHER:g} or more."
    )  # fmt: skip
    return [
        *table(heads, rows), "",
        f"A number counts as moved if less than {MOVED:g} of its prior standard deviation is left "
        "(in ln where the prior is log-uniform). What is not moved keeps its prior: these data say "
        "little of it.", "", said,
    ]  # fmt: skip


def _fit(found: dict[str, Any]) -> list[str]:
    streams = [
        (s["stream"], str(s["numbers"]), f"{s['coverage_50']:.0%}", f"{s['coverage_90']:.0%}",
         f"{s['median_miss']:+.2f}")
        for s in found["streams"]
    ]  # fmt: skip
    heads = ("stream", "numbers", "in the 50 % band", "in the 90 % band", "median miss")
    weeks = [
        (
            w["from"],
            "none" if w["reported"] is None else _number(w["reported"]),
            _banded(w.get("fitted")),
            _banded(w.get("prior")),
        )
        for w in found["reported"]
    ]
    return [
        *table(heads, streams), "",
        "Median miss is fitted less data: of counts in ln(1 + persons), so that 0.1 is about 10 %; "
        "of shares in shares. A 90 % band that holds far fewer than 90 % of the data is too "
        f"narrow: the model is wrong there in a way its numbers cannot mend. {NOT_GIVEN}", "",
        "Net reports a day, means of weeks, median (90 % band):", "",
        *table(("week from", "reported", "fitted runs", "prior"), weeks),
    ]  # fmt: skip


def _banded(values: list[float] | None) -> str:
    if values is None:
        return ""
    low, median, high = values
    return f"{_number(median)} ({_number(low)} to {_number(high)})"


def held_out(held: dict[str, Any] | None) -> list[str]:
    """Return what the scores on held-out days say, as lines of Markdown.

    Parameters
    ----------
    held
        That part of what `lazaretto.studies.calibration.findings.findings` gave.
    """
    if held is None:
        return ["None were held out."]
    rows = [
        (s["name"], _number(s["wis"]), _number(s["crps"]), f"{s['log_wis']:.3f}",
         f"{s['coverage_50']:.0%}", f"{s['coverage_90']:.0%}")
        for s in held["scores"]
    ]  # fmt: skip
    won = (
        f"It has the lowest score: {held['best']}."
        if held["wins"]
        else f"The fitted model does **not** win: {held['best']} has the lowest score."
    )
    return [
        f"Net reports a day, {held['from']} to {held['to']}; lower scores are better. {won}", "",
        "No free number saw these days. The numbers that were not free are as the scenario has "
        "them, and if it was tuned by hand to later days they know of them; the runs also have the "
        "policy of these days as it was, which the baselines have not. So this is a projection "
        "under the policy, not a forecast. Where the last error is carried on, each run starts "
        "from where the data ended: its error of the last days fades in a week or two, and its "
        "spread comes back as it does.", "",
        *table(("prediction", "WIS", "CRPS", "WIS of ln(1 + x)", "50 % band", "90 % band"), rows),
        "",
        "WIS: weighted interval score (Bracher et al. 2021, doi 10.1371/journal.pcbi.1008618), "
        "CRPS: continuous ranked probability score, both in persons a day.",
    ]  # fmt: skip


def _cost(cost: dict[str, Any]) -> list[str]:
    rows = [
        (name.replace("_", "-").replace("sealed-person-days", "sealed person-days"),
         _banded(cost[name]))
        for name in ("reported", "deaths", "sealed_person_days")
    ]  # fmt: skip
    return [
        f"Of the fitted runs, {cost['from']} to {cost['to']}.", "",
        *table(("", "median (90 %)"), rows),
    ]  # fmt: skip


def _generations(found: dict[str, Any]) -> list[str]:
    """Return how the posterior was looked for."""
    if found["search"] != "waves":
        return [*_smc(found["generations"]), "", ENDED]
    beginnings = found["beginnings"]
    begun = [] if beginnings is None else [
        "", f"After the first wave {beginnings['number']} seeds began a run of each set of "
        f"numbers; one went on after {beginnings['until']}, drawn by how well it fitted so far, "
        "and its weight makes up for that.",
    ]  # fmt: skip
    return [*_waves(found["generations"]), *begun, "", ENDED]


def _waves(waves: list[dict[str, float]]) -> list[str]:
    rows = [
        (str(i), f"{w['runs']:.0f}", f"{w['threshold']:.1f}", f"{w['accepted']:.1f}")
        for i, w in enumerate(waves, 1)
    ]
    tail = waves[-1]["tail"]
    runs = sum(w["runs"] for w in waves)
    limit = min(1 - 1 / math.log10(max(runs, 11)), TAIL)
    trust = f"below {limit:.2f}: the weights can be trusted" if tail < limit else (
        f"{limit:.2f} and more: a few runs decide, and more runs may change the answer"
    )  # fmt: skip
    return [
        "In waves: the first from the prior, each of the others from the posterior that an "
        "emulator of all runs so far believes in; every run counts by what it really gave, its "
        "likelihood times the prior over the density it was drawn with. The likelihood gives each "
        f"stream an error of its own, learnt from its misses and taken as {COUNT_ERROR:.0%} of "
        f"counts or {100 * SHARE_ERROR:g} points of shares at first; {LASTS} days count as one "
        f"observation. The tail of the largest weights (Pareto k) is {tail:.2f}, {trust}.", "",
        *table(("wave", "runs", "median misfit", "effective draws so far"), rows),
    ]  # fmt: skip


def _smc(generations: list[dict[str, float]]) -> list[str]:
    rows = [
        (str(i), f"{g['threshold']:.4g}", f"{g['accepted']:.0f}", f"{g['runs']:.0f}",
         f"{g['accepted'] / g['runs']:.0%}")
        for i, g in enumerate(generations, 1)
    ]  # fmt: skip
    return [
        "ABC-SMC (pyABC), each generation at the median distance of the one before; scales of the "
        "distance are found anew each time, so thresholds do not compare between generations.", "",
        *table(("generation", "threshold", "accepted", "runs", "accepted of runs"), rows),
    ]  # fmt: skip
