"""What the page says outside its figures: numbers of both pans, measures, provenance, limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from lazaretto.outcomes.aims import Aim, reached
from lazaretto.outcomes.alike import draws_in, effective_runs
from lazaretto.outcomes.results import SMALLEST_AREA
from lazaretto.outcomes.rows import Ledger
from lazaretto.report.adherence import adherence
from lazaretto.report.chronicle import measure_table
from lazaretto.report.confined import LONG_STAY, burden
from lazaretto.report.contained import care, has, isolation, severe
from lazaretto.report.fit import Fit
from lazaretto.report.headline import changed_in, wave
from lazaretto.report.judged import default_aim
from lazaretto.report.people_figures import responded
from lazaretto.report.replicates import FEWEST_RUNS_FOR_BAND, spread, with_replicates
from lazaretto.report.wording import day, days, exactly, people, percent, short_day


def changed(results: xr.Dataset) -> str:
    """Return in what a run was changed, as a sentence; empty if in nothing."""
    against = results.attrs.get("against") or results.attrs.get("scenario") or "the scenario"
    said = changed_in(results)
    return f"Changed against {against}: {said}" if said else ""


def range_words(results: xr.Dataset) -> str:
    """Return what the numbers in brackets are; empty for one run."""
    runs = with_replicates(results).sizes["replicate"]
    if runs == 1:
        return ""
    part = "lowest to highest" if runs < FEWEST_RUNS_FOR_BAND else "90 % of runs"
    return f"Medians of {runs} runs; in brackets: {part}."


def subtitle(results: xr.Dataset) -> str:
    """Return residents, dates and number of runs in words."""
    dates = results["date"].values
    runs = with_replicates(results).sizes["replicate"]
    residents = people(float(results["population"].sum()))
    count = "one run" if runs == 1 else f"{runs} runs"
    return (
        f"{residents} simulated residents, {day(dates[0], year=True)} to"
        f" {day(dates[-1], year=True)}, {count}"
    )


def wave_numbers(results: xr.Dataset, fit: Fit | None) -> list[tuple[str, str]]:
    """Return number and meaning of what the virus did; deaths where people were severely ill."""
    return _infections(results, fit) + _deaths(results)


def _deaths(results: xr.Dataset) -> list[tuple[str, str]]:
    if not severe(results):
        return []
    cost = care(results)
    return [
        (people(cost.deaths.median), "people died"),
        (people(cost.icu_peak.median), "in intensive care on the worst day"),
    ]


def _infections(results: xr.Dataset, fit: Fit | None) -> list[tuple[str, str]]:
    size = wave(results)
    share = 100 * size.infected.median / max(float(results["population"].sum()), 1.0)
    peak = "no case was reported" if size.peak_date is None else f"on {day(size.peak_date)}"
    if size.untested:
        known = (exactly(fit.observed_total), "reported in reality") if fit else ("0", "tested")
        return [
            (people(size.infected.median), "people infected in all"),
            (f"{share:.1f} %", "of residents infected"),
            ("none", "reported: nobody was tested"),
            known,
        ]
    return [
        (people(size.reported.median), "infections reported"),
        (exactly(fit.observed_total), "reported in reality")
        if fit
        else (f"{share:.1f} %", "of residents infected"),
        (people(size.peak.median), f"a day at the peak of the 7-day mean, {peak}"),
        (people(size.infected.median), "people infected in all"),
    ]


def aim_line(results: xr.Dataset, aim: Aim | None) -> str:
    """Return in how many runs the aim is reached, in a sentence.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    aim
        What the policy is for; `default_aim` if none is stated.
    """
    judged_by = aim or default_aim(results)
    happened = reached(results, judged_by)
    said = judged_by.words.replace(str(judged_by.by), day(judged_by.by, year=True))
    stated = "The aim" if aim is not None else "No aim is stated; taken as one"
    count = int(happened.sum())
    if happened.size == 1:
        return f"{stated}, {said}, is {'reached' if count else 'not reached'} in the one run."
    return f"{stated}, {said}, is reached in {count} of {happened.size} runs."


COSTS = {
    "food-insecure days": "person-days without food",
    "income lost": "RMB of income lost, before support",
    "outpatient visits forgone": "outpatient visits forgone",
}
"""Rows of the ledger that stand in the box of the confinement, and what they are called there."""


def cost_numbers(costs: Ledger) -> list[tuple[str, str]]:
    """Return number and meaning of what the ledger says of food, income and care.

    Parameters
    ----------
    costs
        The ledger; of what it lacks there is no number.
    """
    return [
        (people(spread(costs.of(kind).amount.sel(bound="mid", drop=True)).median), words)
        for kind, words in COSTS.items()
        if costs.has(kind)
    ]


def confinement_numbers(results: xr.Dataset) -> list[tuple[str, str]]:
    """Return number and meaning of what the policy did to people."""
    cost = burden(results)
    numbers = [
        (people(cost.person_days["sealed"].median), "person-days sealed at home"),
        (people(cost.person_days["controlled"].median), "person-days kept in the compound"),
        (people(cost.long_stays.median), f"people kept in {LONG_STAY} days or more unbroken"),
        (days(cost.longest.median), "the longest stay"),
    ]
    if has(results, "held"):
        apart = isolation(results)
        numbers += [
            (people(apart.facility_days.median), "person-days in isolation facilities"),
            (people(apart.home_days.median), "person-days isolated at home"),
            (people(apart.not_infected.median), "isolations on a false positive result"),
        ]
        if has(results, "children_apart"):
            away = people(apart.children_days.median)
            numbers.append((away, "days of children away without a parent"))
    return numbers


def measure_rows(
    results: xr.Dataset, measures: Sequence[dict[str, Any]]
) -> list[tuple[str, str, str, str, str]]:
    """Return rows: measure, where, from, to, what."""
    table = measure_table(measures, results["date"].values)
    rows = []
    for row in table.to_dict("records"):
        first = "the start" if row["open_start"] else short_day(row["first"])
        last = "the end" if row["open_end"] else short_day(row["last"])
        if not row["inside"]:
            first, last = "outside the run", ""
        rows.append((row["name"], row["where"], first, last, row["details"] or row["kind"]))
    return rows


def provenance(results: xr.Dataset) -> list[tuple[str, str]]:
    """Return what a run was made of: name and value."""
    attrs = results.attrs
    runs = with_replicates(results)
    if "seed" in runs.coords:
        seeds = ", ".join(str(seed) for seed in np.atleast_1d(runs["seed"].values))
    else:
        seeds = str(attrs.get("seed", "not recorded"))
    recorded = [
        ("Scenario", attrs.get("scenario")),
        ("Digest of the scenario and its inputs", attrs.get("digest")),
        ("Seeds" if "," in seeds else "Seed", seeds),
        ("Lazaretto", attrs.get("version")),
        ("Place", attrs.get("place")),
        ("Disease", attrs.get("disease")),
        ("Basic reproduction number", _r0_of(results)),
        ("Simulated residents", f"{int(results['population'].sum()):,}"),
    ]
    if "wall_s" in attrs:
        recorded.append(("Simulated days took", f"{float(attrs['wall_s']):.1f} s"))
    return [
        (name, "not recorded" if value is None or value == "" else str(value))
        for name, value in recorded
    ]


LONGEST_MEASURED, MOST_LEAKING = 80, 0.30
"""Days sealed and share of adults who leak beyond which nothing was measured (notes 2.7)."""


def _r0_of(results: xr.Dataset) -> object:
    """Return R0, the range over runs where each has its own."""
    if "drawn" not in results or "r0" not in results["number"].values:
        return results.attrs.get("r0")
    values = results["drawn"].sel(number="r0")
    return f"{float(values.median()):.3g} ({float(values.min()):.3g} to {float(values.max()):.3g})"


def behaviour_limits(results: xr.Dataset) -> list[str]:
    """Return what the behaviour of a run cannot say, in sentences; what it assumes without."""
    if not responded(results):
        return ["What people did against the rules is not in these results."]
    said = [
        "Nobody in the model organises, plans or bargains; there is no violence and no strategy of"
        " the state. It does not foretell unrest, and it holds for weeks within one policy, not for"
        " years."
    ]
    outside = []
    if burden(results).longest.high > LONGEST_MEASURED:
        outside.append(f"some people are confined for more than {LONGEST_MEASURED} days")
    kept = float(adherence(with_replicates(results)).min()) if "leaks" in results else 1.0
    if kept < 1 - MOST_LEAKING:
        outside.append(f"more than {percent(MOST_LEAKING)} of adults at a tier break its rules")
    if outside:
        said.append(f"The run goes beyond all that was measured: {' and '.join(outside)}.")
    return said


def _taken_again(results: xr.Dataset) -> list[str]:
    """Return that some runs are of one draw, in a sentence; none if all are of their own."""
    draws = draws_in(results)
    if max(draws) == 1:
        return []
    return [
        f"The {sum(draws)} runs are of {len(draws)} draws, as good as"
        f" {effective_runs(results):.0f} independent ones: a draw that the data favour is taken"
        " more than once, and is the same run again until all draws have been taken."
    ]


def limits(results: xr.Dataset, n_fitted: int, compared: bool) -> list[str]:
    """Return what the run cannot say, in sentences.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    n_fitted
        How many parameters were tuned to data such as those shown.
    compared
        Whether there are data to compare with.
    """
    said = [
        "The people are synthetic. They match census tables in number, age and household, and"
        " none of them is anybody.",
        "This is not a forecast, and it says nothing about any named compound, street or person.",
        f"Nothing is shown for an area of fewer than {SMALLEST_AREA:,} residents by itself, unless"
        " the whole place is smaller.",
        "Confinement is counted in days, and a day sealed in is not the same day for everybody."
        " Care missed, income lost and mental health are days times unit values, many of them"
        " assumed; fear is in no number.",
        "Reported cases depend on who was tested and how. Agreement with them is not agreement"
        " with the true number of infections, which nobody knows.",
    ]
    if with_replicates(results).sizes["replicate"] == 1:
        said.append("One run shows one way chance could have fallen; the spread is not shown.")
    elif "drawn" in results and results.sizes["number"]:
        numbers = ", ".join(str(name) for name in results["number"].values)
        said.append(
            f"Each run has a draw of the fitted numbers ({numbers}) and the chance that went with"
            " it, and the bands hold both. They do not hold what is not known about all other"
            " parameters, or what the model lacks."
        )
    else:
        said.append(
            "The bands hold what chance does between runs of the same parameters. They do not"
            " hold what is not known about the parameters, which is more."
        )
    said += _taken_again(results)
    if severe(results):
        said.append(
            "Deaths are those of the simulated disease. Deaths from other causes are not simulated;"
            " those for want of care while people could not leave are an estimate of the ledger,"
            " those while hospitals were full are in no number."
        )
    said += behaviour_limits(results)
    if n_fitted:
        said.append(
            "Some parameters were tuned to the data shown here, so the agreement is a description"
            " and not a test."
        )
    if not compared:
        said.append("There are no data to compare with.")
    return said
