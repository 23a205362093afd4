"""How cases were looked for and found: tests, where cases were, contacts traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from lazaretto.outcomes import mean_turnaround, share_in_quarantine
from lazaretto.report.appearance import (
    DATA,
    FOUND_COLOURS,
    INK,
    SAMPLED_COLOURS,
    SIMULATED,
    WIDE,
    Layout,
    finished,
    rows,
)
from lazaretto.report.contained import has
from lazaretto.report.daily_panels import (
    along,
    line_panel,
    number_up,
    one_above_another,
    share_up,
    stacked_panel,
    tall,
)
from lazaretto.report.replicates import with_replicates

if TYPE_CHECKING:
    import altair as alt

FOUND_WORDS = {
    "facility": "in a facility",
    "home isolation": "isolated at home",
    "sealed": "in a sealed building",
    "controlled": "in a controlled compound",
    "precaution": "under precaution",
    "open": "at large",
}

TUBES = "tubes/day"

TUBE_COLOURS = {"read": SIMULATED, "capacity": INK, "waiting": DATA}

TRACED_COLOURS = {
    "contacts, infected": "#8f2a1e",
    "contacts, not infected": "#9cc0df",
    "contacts of contacts, infected": "#ee6677",
    "contacts of contacts, not infected": "#d6e5f2",
}

OFFICIAL, STRICT = "official definition", "isolated in person only"


def share_by_definition(results: xr.Dataset) -> pd.DataFrame:
    """Return the share of a day's cases found in quarantine by both definitions.

    Columns: date, series, order, value; missing on days without a case.
    """
    runs = with_replicates(results)
    return tall(
        {
            OFFICIAL: share_in_quarantine(runs),
            STRICT: share_in_quarantine(runs, "strict"),
        }
    )


def tubes_table(results: xr.Dataset) -> pd.DataFrame | None:
    """Return tubes read, read at most, and waiting, all laboratories together.

    Columns: date, series, order, value; None where no laboratory has a capacity.
    """
    if "stock" not in results.dims:
        return None
    labs = results["stock_unit"].values == TUBES
    if not labs.any():
        return None
    runs = with_replicates(results).isel(stock=labs)
    names = zip(TUBE_COLOURS, ("stock_used", "stock_amount", "stock_waiting"), strict=True)
    return tall({name: runs[variable].sum("stock") for name, variable in names})


def samples_taken(results: xr.Dataset, layout: Layout = WIDE) -> alt.VConcatChart:
    """Return persons sampled by reason, tubes against capacity, and days to a result.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    runs, dates = with_replicates(results), results["date"].values
    tall_panel = 180 if layout.narrow else 220
    reasons = [name for name in SAMPLED_COLOURS if runs["samples"].sel(sampled_for=name).any()]
    sampled = runs["samples"].sum("district").sel(sampled_for=reasons)
    panels: list[alt.ChartType] = [
        stacked_panel(
            "samples", dates, {name: SAMPLED_COLOURS[name] for name in reasons}, layout,
            title="Persons sampled a day, by reason", height=tall_panel,
        )
    ]  # fmt: skip
    datasets = {"samples": rows(tall(along(sampled, "sampled_for")))}
    tubes = tubes_table(results)
    if tubes is not None:
        datasets["tubes"] = rows(tubes)
        panels.append(
            line_panel("tubes", dates, TUBE_COLOURS, layout,
                       title="Tubes a day: read, capacity, and waiting in the evening",
                       height=tall_panel * 2 // 3)
        )  # fmt: skip
    if has(results, "results"):
        delay = mean_turnaround(runs)
        datasets["turnaround"] = rows(tall({"days": delay}))
        panels.append(
            line_panel("turnaround", dates, {"days": SIMULATED}, layout,
                       title="Days from sample to positive result, mean",
                       height=tall_panel // 2, up=number_up(), digits=".1f")
        )  # fmt: skip
    chart = one_above_another(panels)
    return finished(
        chart,
        datasets,
        "Stacked area of persons sampled a day by reason; below it tubes and days to a result.",
        layout,
    )


def where_found(
    results: xr.Dataset, observed: pd.DataFrame | None = None, layout: Layout = WIDE
) -> alt.VConcatChart:
    """Return cases by where they were when found, and the share found in quarantine.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real cases by day: columns date and perhaps share_in_quarantine.
    layout
        The room the figure has.
    """
    runs, dates = with_replicates(results), results["date"].values
    by_place = along(runs["found"].sum("district"), "found_where", FOUND_WORDS)
    colours = {word: FOUND_COLOURS[name] for name, word in FOUND_WORDS.items()}
    height = 180 if layout.narrow else 220
    datasets = {"found": rows(tall(by_place)), "shares": rows(share_by_definition(results))}
    real = _real_share(results, observed)
    if real is not None:
        datasets["real_share"] = rows(real)
    shares = {OFFICIAL: SIMULATED, STRICT: "#86a9c8"}
    if real is not None:
        shares["reported"] = DATA
    chart = one_above_another([
        stacked_panel("found", dates, colours, layout, title="Cases found a day, by where",
                      height=height, columns=6),
        line_panel("shares", dates, shares, layout, title="Share of them found in quarantine",
                   height=height * 2 // 3, up=share_up(), digits=".0%",
                   dots=None if real is None else "real_share"),
    ])  # fmt: skip
    return finished(
        chart,
        datasets,
        "Stacked area of cases by where they were when found, and the share in quarantine.",
        layout,
    )


def contacts_traced(results: xr.Dataset, layout: Layout = WIDE) -> alt.VConcatChart:
    """Return contacts found a day, infected or not, and cases given up.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    layout
        The room the figure has.
    """
    runs, dates = with_replicates(results), results["date"].values
    traced = runs["traced"].sum("district")
    series = {
        f"{words}, {infected}": traced.sel(degree=degree, infected=infected, drop=True)
        for degree, words in (("contact", "contacts"), ("second contact", "contacts of contacts"))
        for infected in ("infected", "not infected")
    }
    shown = {name: values for name, values in series.items() if bool(values.any())}
    colours = {name: TRACED_COLOURS[name] for name in shown}
    height = 170 if layout.narrow else 200
    panels: list[alt.ChartType] = []
    datasets = {}
    if shown:
        datasets["traced"] = rows(tall(shown))
        panels.append(
            stacked_panel("traced", dates, colours, layout, height=height,
                          title="Contacts found a day")
        )  # fmt: skip
    if has(results, "cases_untraced"):
        datasets["given_up"] = rows(tall({"cases": runs["cases_untraced"]}))
        panels.append(
            line_panel("given_up", dates, {"cases": DATA}, layout, height=height // 2,
                       title="Cases given up for want of tracers")
        )  # fmt: skip
    return finished(
        one_above_another(panels),
        datasets,
        "Stacked area of contacts found a day, infected or not, and cases whose contacts were"
        " never sought.",
        layout,
    )


def _real_share(results: xr.Dataset, observed: pd.DataFrame | None) -> pd.DataFrame | None:
    if observed is None or "share_in_quarantine" not in observed:
        return None
    known = observed.assign(date=pd.to_datetime(observed["date"]))
    known = known[known["date"].isin(results["date"].values)].dropna(subset="share_in_quarantine")
    if known.empty:
        return None
    table = known[["date", "share_in_quarantine"]].rename(columns={"share_in_quarantine": "value"})
    return table.assign(series="reported", order=2)
