"""The figures of containment a run has anything to show for, with what one sees in words."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from lazaretto.report.contained import care, has, isolation, search, severe
from lazaretto.report.figure import ReportFigure
from lazaretto.report.hospital_figures import hospital
from lazaretto.report.isolation_figures import isolated_over_time, zones, zones_table
from lazaretto.report.search_figures import (
    contacts_traced,
    samples_taken,
    tubes_table,
    where_found,
)
from lazaretto.report.stock_figure import stocks
from lazaretto.report.wording import decimal_in_runs, people, people_in_runs, percent


def search_figures(
    results: xr.Dataset, observed: pd.DataFrame | None, mean: str
) -> list[ReportFigure]:
    """Return the figures of tests, of where cases were found, and of tracing, if there were any.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real cases by day, perhaps with the column share_in_quarantine.
    mean
        Sentence to add where means over the runs are drawn.
    """
    figures = []
    if has(results, "samples"):
        size = search(results)
        words = f"{people_in_runs(size.samples, 'samples')} were taken from persons in all."
        if size.turnaround.runs:
            words += (
                f" A positive result took {decimal_in_runs(size.turnaround, 1)} days from the"
                " sample on average."
            )
        if tubes_table(results) is not None:
            words += " A tube holds the samples of several persons; what is waiting is read later."
        figures.append(
            ReportFigure("samples", "search", "Who was tested, and how fast", words + mean,
                         lambda layout: samples_taken(results, layout))
        )  # fmt: skip
    if has(results, "found"):
        size = search(results)
        words = (
            f"{people_in_runs(size.found, 'infected people')} were found:"
            f" {percent(size.official.median)} of them in quarantine as bulletins counted it,"
            f" which includes residents of sealed buildings, and {percent(size.strict.median)}"
            " if only those count who were isolated in person. The first share is high whenever a"
            " whole city is sealed, whatever tracing does."
        )
        figures.append(
            ReportFigure("where-found", "search", "Where cases were found", words + mean,
                         lambda layout: where_found(results, observed, layout))
        )  # fmt: skip
    if has(results, "traced", "cases_untraced"):
        size = search(results)
        words = f"{people_in_runs(size.traced, 'contacts')} were found."
        if size.traced.median > 0:
            share = size.traced_infected.median / size.traced.median
            words = f"{words[:-1]}; {percent(share)} of them were infected by then."
        if size.given_up.high > 0:
            words += (
                f" For {people_in_runs(size.given_up, 'cases')} there was no tracer in time:"
                " their contacts outside the household were not sought."
            )
        figures.append(
            ReportFigure("contacts-traced", "search", "Whom tracing found", words + mean,
                         lambda layout: contacts_traced(results, layout))
        )  # fmt: skip
    return figures


def hospital_figures(
    results: xr.Dataset, observed: pd.DataFrame | None, mean: str
) -> list[ReportFigure]:
    """Return the figure of severe illness and death, if there was any.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real cases by day, perhaps with the column deaths.
    mean
        Sentence to add where means over the runs are drawn.
    """
    if not severe(results):
        return []
    size = care(results)
    words = (
        f"{people_in_runs(size.admissions, 'admissions')}, at most"
        f" {people(size.icu_peak.median)} persons in intensive care on a day;"
        f" {people_in_runs(size.deaths, 'people')} died."
    )
    if size.waiting_days.high > 0:
        words += f" Severely ill people waited {people(size.waiting_days.median)} days for a bed."
    if observed is not None and "deaths" in observed:
        words += (
            " Reported deaths are those that the rules of the time counted; more will have died."
        )
    return [
        ReportFigure("hospital", "hospital", "Hospital, intensive care, deaths", words + mean,
                     lambda layout: hospital(results, observed, layout))
    ]  # fmt: skip


def isolation_figures(
    results: xr.Dataset, announced: pd.DataFrame | None, mean: str
) -> list[ReportFigure]:
    """Return the figures of zones beside those announced, and of persons isolated, if any.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    announced
        Announced residents by zone: columns date, tier, persons.
    mean
        Sentence to add where means over the runs are drawn.
    """
    figures = []
    if announced is not None and zones_table(results, announced) is not None:
        words = (
            "Residents of sealed buildings, of controlled compounds and of precaution areas. Dots"
            " are what the city announced; days without one were not announced."
        )
        figures.append(
            ReportFigure("zones", "confinement", "The zones beside those announced", words + mean,
                         lambda layout: zones(results, announced, layout))
        )  # fmt: skip
    if has(results, "held"):
        cost = isolation(results)
        words = (
            f"{people_in_runs(cost.isolated, 'people')} were isolated (whoever was twice counts"
            f" twice), at most {people(cost.facility_peak.median)} at once in facilities. They"
            f" spent {people(cost.facility_days.median)} person-days in facilities and"
            f" {people(cost.home_days.median)} isolated at home."
            f" {people(cost.not_infected.median)} were isolated on a false positive result,"
            f" {people(cost.contacts.median)} as contacts or because they went along."
        )
        if cost.children_days.high > 0:
            words += (
                f" Children spent {people(cost.children_days.median)} days in a facility without"
                " an adult of their household."
            )
        figures.append(
            ReportFigure("isolated", "confinement", "Who was isolated", words + mean,
                         lambda layout: isolated_over_time(results, layout))
        )  # fmt: skip
    return figures


def stock_figures(results: xr.Dataset, mean: str) -> list[ReportFigure]:
    """Return the figure of stocks, if the scenario has any.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    mean
        Sentence to add where means over the runs are drawn.
    """
    if "stock_used" not in results:
        return []
    words = (
        "What is shared and can run out: in use, there is, waited for at the end of the day. Each"
        " panel has its own scale."
    )
    return [
        ReportFigure("stocks", "stocks", "Each stock by day", words + mean,
                     lambda layout: stocks(results, layout))
    ]  # fmt: skip
