"""The figures of what people did and of both pans of the scale: when drawn, and in which words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from lazaretto.measures import known_measures
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.results import OF_BEHAVIOUR, SMALLEST_AREA
from lazaretto.outcomes.rows import Ledger
from lazaretto.report.adherence import (
    FEWEST,
    MEASURED_START,
    MEASURED_WEEKS,
    adherence_figure,
    adherence_tables,
)
from lazaretto.report.both_pans import borne_table, both_pans
from lazaretto.report.breakouts import breakout_figure
from lazaretto.report.contained import has
from lazaretto.report.figure import ReportFigure
from lazaretto.report.message_reach import MessageReach, reach_figure, reach_words
from lazaretto.report.parameters import BEHAVIOUR_WORDS
from lazaretto.report.replicates import FEWEST_RUNS_FOR_BAND, spread, with_replicates
from lazaretto.report.trust_and_food import measured_trust, trust_and_food
from lazaretto.report.wording import decimal_in_runs, listed, people, people_in_runs, percent

BY_ASSUMPTION = (
    "In this run people kept to the rules by assumption: the scenario has no behaviour, so there is"
    " no leakage, fatigue, hunger, loss of trust or break-out in it. Add behaviour: {} to the"
    " scenario to have them."
)

NEAR = 0.03
"""Share of adults by which adherence may begin away from what was measured and is still near."""

NO_CLIP = (
    "Nobody has measured what a clip does to adherence or to break-outs. How far messages go and"
    " what is deleted are conditions of the society under study, not levers, and nothing here is a"
    " forecast of unrest."
)

WAVE_ONLY = (
    "Each break-out sets off more than one other: a wave. The model has no account of what follows"
    " then, so it does not say how large."
)


PARTS = {
    "leakage": "nobody goes out or receives others against the rules",
    "fatigue": "nobody grows tired of them",
    "hardship": "nobody runs out of food, goes without care or loses income",
    "risk": "nobody is careful because of reported cases",
    "trust": "trust stays what it was",
    "breakouts": "there is no break-out",
    "messages": "no message is passed on",
}
"""What holds by assumption where a part of behaviour is off."""


def responded(results: xr.Dataset) -> bool:
    """Return whether the results say anything of what people did."""
    return any(name in results for name in OF_BEHAVIOUR)


def parts_off(results: xr.Dataset) -> list[str]:
    """Return the parts of behaviour that were turned off in a run with behaviour."""
    said = str(results.attrs.get("behaviour_off") or "")
    return [part for part in said.split(", ") if part in PARTS]


def off_words(results: xr.Dataset) -> list[str]:
    """Return what holds by assumption as parts of behaviour are off, none if none is."""
    off = parts_off(results)
    if not off:
        return []
    names = listed([BEHAVIOUR_WORDS[part].partition(":")[0] for part in off])
    return [
        f"Parts of behaviour are off in this run ({names}). So by assumption, and not as a finding:"
        f" {listed([PARTS[part] for part in off])}."
    ]


def idle_words(results: xr.Dataset, behaviour: bool, measures: Sequence[str]) -> list[str]:
    """Return which support has no effect because nobody can respond to it, none if all has.

    Parameters
    ----------
    results, behaviour
        As for `people_notes`.
    measures
        The measures of the scenario by word.
    """
    known, off = known_measures(), parts_off(results)
    idle = [
        word.replace("_", " ")
        for word in dict.fromkeys(measures)
        if word in known
        and known[word].acts_through
        and (not behaviour or known[word].acts_through in off)
    ]
    if not idle:
        return []
    return [f"Ordered without an effect, as it acts through behaviour that is off: {listed(idle)}."]


def runs_away(results: xr.Dataset) -> bool:
    """Return whether in any run each break-out sets off more than one other in the mean."""
    if "defiance_reproduction" not in results:
        return False
    return bool((results["defiance_reproduction"] > 1).any())


def people_notes(results: xr.Dataset, behaviour: bool, measures: Sequence[str] = ()) -> list[str]:
    """Return what is said before the figures of what people did, one paragraph each.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    behaviour
        Whether the scenario has behaviour.
    measures
        The measures of the scenario by word.
    """
    has_behaviour = behaviour or responded(results) or bool(parts_off(results))
    idle = idle_words(results, has_behaviour, measures)
    off = off_words(results)
    if not responded(results):
        if not has_behaviour:
            return [BY_ASSUMPTION, *idle]
        if float(results["population"].sum()) < SMALLEST_AREA:
            return [
                "People responded to the policy in this run, but nothing is said of what they did"
                f" in a place of fewer than {SMALLEST_AREA:,} residents.",
                *off,
                *idle,
            ]
        return ["People responded to the policy in this run; these results do not hold what they"
                " did.", *off, *idle]  # fmt: skip
    notes = [*off, *idle]
    if "breakouts" in results or "aware" in results:
        notes.insert(0, NO_CLIP)
    if runs_away(results):
        notes.append(WAVE_ONLY)
    elif "breakouts" in results and not has(results, "breakouts"):
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
    if "leaks" in results and adherence_tables(results):
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
                " measured it. A line may begin above its wedge, since fear of reported cases makes"
                " people careful: the leakage assumed at the start holds where nobody is afraid.",
                lambda layout: adherence_figure(results, layout),
            )
        )  # fmt: skip
    shown = [word for name, word in (("trust", "trust"), ("food_insecure", "food"))
             if name in results]  # fmt: skip
    if shown:
        figures.append(
            ReportFigure(
                "trust-and-food", "people", ", and ".join(shown).capitalize(),
                _trust_words(results) + _bands(results),
                lambda layout: trust_and_food(results, layout),
            )
        )  # fmt: skip
    if has(results, "breakouts", "aware") and not runs_away(results):
        figures.append(
            ReportFigure(
                "break-outs", "people",
                "Break-outs" if has(results, "breakouts") else "Messages",
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


def adherence_misfit(results: xr.Dataset) -> str:
    """Return how far adherence begins from what was measured elsewhere, empty if it is near."""
    if "leaks" not in results:
        return ""
    off = []
    for tier, table in adherence_tables(results).items():
        first = float(table["median"].dropna().iloc[0])
        if abs(first - MEASURED_START) > NEAR:
            off.append(f"{percent(first)} of adults at the tier {tier}")
    if not off:
        return ""
    return (
        f"Adherence begins at {listed(off)}, against {percent(MEASURED_START)} measured in softer"
        " regimes elsewhere."
    )


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
    said = []
    if "trust" in results:
        said.append("Trust in the authorities, mean over the residents.")
        if len(measured_trust(results)):
            said.append(
                "The dashed line is the loss measured in 40 days of lockdown (Zhao, Wang and Ye"
                " 2024), from the day on which most residents are sealed; the model is given this"
                " number for people who are sealed and told nothing."
            )
    if "food_insecure" in results:
        days = spread(with_replicates(results)["food_insecure"].sum(["date", "income", "migrant"]))
        said.append(
            "Without food: residents of confined households that have none left that day,"
            f" {people_in_runs(days, 'person-days')} in all."
        )
    return " ".join(said)


def _breakout_words(results: xr.Dataset) -> str:
    runs = with_replicates(results)
    some = has(results, "breakouts")
    said = []
    if some:
        events = spread(runs["breakouts"].sum(["date", "area"]))
        persons = spread(runs["breakout_persons"].sum(["date", "area"]))
        said.append(
            f"{people_in_runs(events, 'break-outs')} of compounds with"
            f" {people_in_runs(persons, 'participants')}."
        )
    if has(results, "aware"):
        aware = people(spread(runs["aware"].sum("area").max("date")).median)
        of = "one, or of a message the scenario begins" if some else "a message the scenario begins"
        said.append(f"At most {aware} residents knew of {of}.")
    others = runs.get("defiance_reproduction")
    if some and others is not None and bool(others.notnull().any()):
        number = spread(np.atleast_1d(others.values))
        said.append(f"One set off {decimal_in_runs(number)} others in the mean.")
    if some and runs.sizes["replicate"] > 1:
        said.append("Bars are means over the runs, thin lines their range.")
    if some:
        said.append(
            "There is no count of break-outs to hold this against. They are given for the whole"
            " place only."
        )
    return " ".join(said)
