"""The figures of what people did and of both pans of the scale: when drawn, and in which words."""

from __future__ import annotations

import numpy as np
import xarray as xr

from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.rows import Ledger
from lazaretto.report.adherence import FEWEST, MEASURED_WEEKS, adherence_figure, adherence_tables
from lazaretto.report.both_pans import borne_table, both_pans
from lazaretto.report.breakouts import breakout_figure
from lazaretto.report.contained import has
from lazaretto.report.figure import ReportFigure
from lazaretto.report.message_reach import MessageReach, reach_figure, reach_words
from lazaretto.report.replicates import FEWEST_RUNS_FOR_BAND, SMALLEST_AREA, spread, with_replicates
from lazaretto.report.trust_and_food import measured_trust, trust_and_food
from lazaretto.report.wording import decimal_in_runs, people, people_in_runs, percent

BY_ASSUMPTION = (
    "In this run people kept to the rules by assumption: the scenario has no behaviour, so there is"
    " no leakage, fatigue, hunger, loss of trust or break-out in it. Add behaviour: {} to the"
    " scenario to have them."
)

NO_CLIP = (
    "Nobody has measured what a clip does to adherence or to break-outs. How far messages go and"
    " what is deleted are conditions of the society under study, not levers, and nothing here is a"
    " forecast of unrest."
)

WAVE_ONLY = (
    "Each break-out sets off more than one other: a wave. The model has no account of what follows"
    " then, so it does not say how large."
)


def responded(results: xr.Dataset) -> bool:
    """Return whether the results say what people did."""
    return "leaks" in results and "trust" in results


def runs_away(results: xr.Dataset) -> bool:
    """Return whether in any run each break-out sets off more than one other in the mean."""
    if "defiance_reproduction" not in results:
        return False
    return bool((results["defiance_reproduction"] > 1).any())


def people_notes(results: xr.Dataset, behaviour: bool) -> list[str]:
    """Return what is said before the figures of what people did, one paragraph each.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    behaviour
        Whether the scenario has behaviour.
    """
    if not responded(results):
        if not behaviour:
            return [BY_ASSUMPTION]
        if float(results["population"].sum()) < SMALLEST_AREA:
            return [
                "People responded to the policy in this run, but nothing is said of what they did"
                f" in a place of fewer than {SMALLEST_AREA:,} residents."
            ]
        return ["People responded to the policy in this run; these results do not hold what they"
                " did."]  # fmt: skip
    notes = [NO_CLIP]
    if runs_away(results):
        notes.append(WAVE_ONLY)
    elif not has(results, "breakouts"):
        notes.append("There was no break-out in these runs.")
    return notes


def people_figures(results: xr.Dataset, reach: MessageReach | None = None) -> list[ReportFigure]:
    """Return the figures of what people did, none if the results do not say it.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    reach
        How far messages go under the rules of the scenario.
    """
    if not responded(results):
        return []
    figures = []
    if adherence_tables(results):
        figures.append(
            ReportFigure(
                "adherence", "people", "Who kept to the rules",
                "Adults who did not go out or receive others against the rules of their tier, as a"
                " share of the adults at it. Who is at a tier changes, so a line mixes people new"
                f" to it and long in it; it is cut where fewer than {percent(FEWEST)} of adults are"
                f" there.{_bands(results)} The wedges are what was measured in softer regimes"
                " (Italy's tiers, distancing in 14 countries), where adherence began at 88 % and"
                f" in its first two weeks fell as written; they are drawn on for"
                f" {MEASURED_WEEKS} weeks, in which it slowed. In sealed compounds nobody has"
                " measured it.",
                lambda layout: adherence_figure(results, layout),
            )
        )  # fmt: skip
    figures.append(
        ReportFigure(
            "trust-and-food", "people", "Trust, and food",
            _trust_words(results) + _bands(results),
            lambda layout: trust_and_food(results, layout),
        )
    )  # fmt: skip
    if has(results, "breakouts", "aware") and not runs_away(results):
        figures.append(
            ReportFigure(
                "break-outs", "people", "Break-outs",
                _breakout_words(results),
                lambda layout: breakout_figure(results, layout),
            )
        )  # fmt: skip
    if reach is not None:
        figures.append(
            ReportFigure(
                "message-reach", "people", "How far one message goes",
                f"{reach_words(reach)} Copies per copy, audiences and deletion are assumed, most"
                " without a source.",
                lambda layout: reach_figure(reach, layout),
            )
        )  # fmt: skip
    return figures


def scale_figures(results: xr.Dataset, costs: Ledger | None = None) -> list[ReportFigure]:
    """Return the figure of who bears what, none if nobody bears anything.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    costs
        Their ledger, if it is there already.
    """
    whole = costs or ledger(results)
    if borne_table(results, whole).empty:
        return []
    return [
        ReportFigure(
            "both-pans", "scale", "Who bears what",
            "Per 1,000 residents of each class; every panel has its own scale and unit, so lengths"
            " compare classes and not kinds. No kind is added to another."
            " Thin lines go from low to high over the runs and the unit values.",
            lambda layout: both_pans(results, whole, layout),
        )
    ]  # fmt: skip


def _bands(results: xr.Dataset) -> str:
    runs = with_replicates(results).sizes["replicate"]
    if runs == 1:
        return ""
    return f" Bands hold {'all' if runs < FEWEST_RUNS_FOR_BAND else '90 % of'} runs."


def _trust_words(results: xr.Dataset) -> str:
    said = "Trust in the authorities, mean over the residents."
    if len(measured_trust(results)):
        said += (
            " The dashed line is the loss measured in 40 days of lockdown (Zhao, Wang and Ye 2024),"
            " from the day on which most residents are sealed; the model is given this number for"
            " people who are sealed and told nothing."
        )
    if "food_insecure" in results:
        days = spread(with_replicates(results)["food_insecure"].sum(["date", "income", "migrant"]))
        said += (
            f" Without food: residents of confined households that have none left that day,"
            f" {people_in_runs(days, 'person-days')} in all."
        )
    return said


def _breakout_words(results: xr.Dataset) -> str:
    runs = with_replicates(results)
    events = spread(runs["breakouts"].sum(["date", "area"]))
    persons = spread(runs["breakout_persons"].sum(["date", "area"]))
    aware = spread(runs["aware"].sum("area").max("date"))
    many = runs.sizes["replicate"] > 1
    others = ""
    if "defiance_reproduction" in runs and bool(runs["defiance_reproduction"].notnull().any()):
        number = spread(np.atleast_1d(runs["defiance_reproduction"].values))
        others = f" One set off {decimal_in_runs(number)} others in the mean."
    mean = " Bars are means over the runs, thin lines their range." if many else ""
    return (
        f"{people_in_runs(events, 'break-outs')} of compounds with"
        f" {people_in_runs(persons, 'participants')}; at most {people(aware.median)} residents knew"
        f" of one, or of a message the scenario begins.{others}{mean} There is no count of"
        " break-outs to hold this against. They are given for the whole place only."
    )
