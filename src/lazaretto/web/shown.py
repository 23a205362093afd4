"""What the control room shows of a finished job: figures, both pans, ledger, proportionality."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from lazaretto.console.several import shown_several
from lazaretto.nation.results import by_province
from lazaretto.outcomes.ledger import ledger
from lazaretto.report.district_map import district_map
from lazaretto.report.figure import ReportFigure
from lazaretto.report.figures import report_figures
from lazaretto.report.fit import compare
from lazaretto.report.headline import QUESTION, headline
from lazaretto.report.judged import aim_words, judged
from lazaretto.report.ledger_tables import ledger_lines, ledger_words, missing_words, pans
from lazaretto.report.page import specified
from lazaretto.report.replicates import by_area, with_replicates
from lazaretto.report.statements import (
    aim_line,
    changed,
    confinement_numbers,
    cost_numbers,
    subtitle,
    wave_numbers,
)
from lazaretto.report.virus_and_policy import virus_and_policy_figures
from lazaretto.reporting import aim_to_show, material_of, message_reach
from lazaretto.scenario import Scenario
from lazaretto.scenario.support import support_in
from lazaretto.studies.run import RunOutcome
from lazaretto.studies.several import Several
from lazaretto.whole_files import whole_file

FIGURES = (
    "reported-cases", "reported-by-district", "hospital", "confined-over-time", "isolated",
    "adherence", "trust-and-food", "break-outs", "message-reach", "stocks", "both-pans",
    "measures-timeline", "infected-by-city",
)  # fmt: skip
"""Figures of the report that the room shows too, by name."""

MAP = "district-map"


def shown_run(scenario: Scenario, outcome: RunOutcome) -> dict[str, Any]:
    """Return what is shown of a run, ready for JSON.

    Parameters
    ----------
    scenario, outcome
        The scenario and its run.
    """
    told = material_of(scenario, outcome)
    results, costs = told.results, ledger(told.results)
    fit = compare(results, told.observed, told.by_district)
    said = headline(results, told.observed, told.by_district)
    seed = int(outcome.summary["seed"])
    figures = report_figures(
        results, told.observed, told.by_district, told.measures, told.generation, told.announced,
        message_reach(scenario, seed), costs,
    )  # fmt: skip
    drawn = [figure for figure in figures if figure.name in FIGURES]
    aim = aim_to_show(scenario, None)
    lines = pans(ledger_lines(costs))
    return {
        "kind": "run",
        "title": str(results.attrs.get("title", "")),
        "subtitle": subtitle(results),
        "changed": changed(results),
        "question": QUESTION,
        "aim": aim_line(results, aim),
        "pans": {
            "The virus": [wave_numbers(results, fit), said.epidemic],
            "The confinement": [confinement_numbers(results) + cost_numbers(costs),
                                said.confinement],
        },
        "agreement": said.agreement,
        "ledger_words": ledger_words(with_replicates(results).sizes["replicate"]),
        "ledger": {pan: [list(line) for line in lines[pan]] for pan in ("virus", "policy")},
        "missing": missing_words(costs),
        "aim_words": aim_words(aim),
        "less": "" if scenario.less_restrictive is None else scenario.less_restrictive.name,
        "dates": [str(day)[:10] for day in results["date"].values],
        "figures": [specified(each) for each in [*_both(results), *_map(results), *drawn]],
        **proportionate(scenario, outcome),
    }  # fmt: skip


def proportionate(
    scenario: Scenario, outcome: RunOutcome, less_restrictive: xr.Dataset | None = None
) -> dict[str, Any]:
    """Return the part of what is shown that judges proportionality, ready for JSON.

    Parameters
    ----------
    scenario, outcome
        The scenario and its run.
    less_restrictive
        Results of the next less restrictive policy, if it was run.
    """
    less = None if less_restrictive is None else by_province(less_restrictive)
    answers = judged(by_province(outcome.results), less, aim_to_show(scenario, None),
                     support=support_in(scenario))  # fmt: skip
    return {
        "answers": [[each.question, each.answer, list(each.detail)] for each in answers],
        "judged_beside": less is not None,
    }


def shown_comparison(made: Several) -> dict[str, Any]:
    """Return what is shown of policies beside one another, ready for JSON.

    Parameters
    ----------
    made
        The comparison.
    """
    policies = [made.base, *(each.policy for each in made.others)]
    names = _called([each.title for each in policies])
    runs = [made.outcome, *(each.outcome for each in made.others)]
    results = {name: run.results for name, run in zip(names, runs, strict=True)}
    said = shown_several(made)
    return {
        "kind": "compare",
        "title": said.title,
        "subtitle": said.subtitle,
        "aim": said.aim,
        "policies": list(results),
        "amounts": [list(line) for line in said.amounts],
        "spared": {name: [list(line) for line in lines] for name, lines in said.spared.items()},
        "differs": dict(zip(names[1:], said.differs.values(), strict=True)),
        "pairing": [list(line) for line in said.pairing],
        "figures": [specified(each) for each in virus_and_policy_figures(results)],
    }


def _called(titles: Sequence[str]) -> list[str]:
    """Return what policies are called in a table: what their titles have beside the scenario's."""
    short = [title.partition(": ")[2] or title for title in titles]
    return short if len(set(short)) == len(short) else list(titles)


def keep_page(content: dict[str, Any], path: Path) -> None:
    """Write what is shown of a job, whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with whole_file(path) as partial:
        partial.write_bytes(gzip.compress(json.dumps(content).encode(), 5))


def _both(results: xr.Dataset) -> list[ReportFigure]:
    (figure,) = virus_and_policy_figures({"this policy": results})
    return [figure]


def _map(results: xr.Dataset) -> list[ReportFigure]:
    if by_area(with_replicates(results)).sizes["district"] < 2:
        return []
    return [
        ReportFigure(
            MAP, "confinement", "District by district",
            "Each tile is a district; move the day, or let it play. Infections are those of the "
            "model, found or not. Medians and means over the runs.",
            lambda layout: district_map(results, layout, slider=False),
        )
    ]  # fmt: skip
