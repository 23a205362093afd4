"""The headline in words: what the virus did, what the policy did to people, how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.outcomes import reported_net
from lazaretto.report.confined import LONG_STAY, Burden, burden
from lazaretto.report.contained import Care, Isolation, care, has, isolation, severe
from lazaretto.report.fit import Fit, compare
from lazaretto.report.observed import daily
from lazaretto.report.replicates import Spread, moving_mean, spread, with_replicates
from lazaretto.report.wording import (
    day,
    days,
    earlier_or_later,
    exactly,
    middle_date,
    people,
    people_in_runs,
    place_name,
    times_as_high,
    too_many_or_few,
)

QUESTION = "Would this containment policy hold, and what would it cost the people under it?"


@dataclass(frozen=True)
class Headline:
    """Both pans of the scale, and the fit; there is no way to have one pan alone.

    Parameters
    ----------
    epidemic
        What the virus did, beside the data.
    confinement
        What the policy did to people.
    agreement
        How well the simulation agrees with the data, in plain words.
    """

    epidemic: str
    confinement: str
    agreement: str


@dataclass(frozen=True)
class Wave:
    """The size of the epidemic over the runs.

    Parameters
    ----------
    reported, infected
        Net reported infections, and all infections, over the run.
    peak
        Highest 7-day mean of net reported infections a day.
    peak_date
        Median date of this peak over the runs with a case; None if no run has one.
    end
        Last day of the run.
    untested
        Whether people were infected and no measure tested anybody.
    """

    reported: Spread
    infected: Spread
    peak: Spread
    peak_date: np.datetime64 | None
    end: np.datetime64
    untested: bool = False


def wave(results: xr.Dataset) -> Wave:
    """Return the size of the epidemic.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    """
    runs = with_replicates(results)
    net = reported_net(runs).sum("district").transpose("replicate", "date")
    seen = net.values.sum(axis=1) > 0
    dates = net["date"].values
    smooth = moving_mean(net.values.astype(np.float64))
    infected = spread(runs["infections"].sum(["date", "district", "layer"]))
    tests = bool(results.attrs.get("tests", True))
    return Wave(
        reported=spread(net.sum("date")),
        infected=infected,
        peak=spread(smooth.max(axis=1)),
        peak_date=middle_date(dates[smooth[seen].argmax(axis=1)]) if seen.any() else None,
        end=dates[-1],
        untested=not tests and not seen.any() and infected.high > 0,
    )


def headline(
    results: xr.Dataset,
    observed: pd.DataFrame | None = None,
    observed_by_district: pd.DataFrame | None = None,
) -> Headline:
    """Return the headline of a report in words.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real cases of the place by day: columns date, new_infections.
    observed_by_district
        The same with a column district.
    """
    fit = compare(results, observed, observed_by_district)
    size = wave(results)
    agreement = agreement_words(fit, unmatched_days(results, observed))
    if fit is not None and changed_in(results):
        agreement = (
            f"This is a what-if ({changed_in(results)}): it is not meant to match what happened;"
            " the real cases are drawn for orientation."
        )
    elif fit is not None and size.untested:
        agreement = "With nobody tested there are no simulated reports to hold against the data."
    return Headline(
        epidemic=epidemic_words(size, place_name(results.attrs.get("place")), fit)
        + (care_words(care(results), counted_deaths(results, observed)) if severe(results) else "")
        + (border_words(results) if has(results, "imported") else ""),
        confinement=confinement_words(burden(results))
        + (isolation_words(isolation(results)) if has(results, "held") else ""),
        agreement=agreement,
    )


def changed_in(results: xr.Dataset) -> str:
    """Return what was changed against the scenario a run goes back to, empty if nothing was."""
    return str(results.attrs.get("changed") or "")


def epidemic_words(size: Wave, place: str, fit: Fit | None) -> str:
    """Return what the virus did: "The simulated wave reported 612,000 infections ..."."""
    real = "" if fit is None else f"; {place} reported {exactly(fit.observed_total)}"
    until = f"to {day(size.end, year=True)}"
    if size.untested:
        return (
            f"{people_in_runs(size.infected, 'people')} were infected {until}. Nobody was tested in"
            f" this scenario, so no case was reported{real}."
        )
    if size.peak_date is None:
        unseen = people_in_runs(size.infected, "people")
        all_of_them = (
            "nobody was infected" if size.infected.high == 0 else f"{unseen} were infected"
        )
        return f"In the simulation no infection was reported {until}{real}; {all_of_them}."
    highest = f"{people(size.peak.median)} on {day(size.peak_date)}"
    if fit is not None:
        highest += f", against {people(fit.observed_peak)} on {day(fit.observed_peak_date)}"
    return (
        f"The simulated wave reported {people_in_runs(size.reported, 'infections')} {until}{real}."
        f" The 7-day mean of a day's reports peaked at {highest}. Counted with those never found,"
        f" {people_in_runs(size.infected, 'people')} were infected."
    )


def confinement_words(cost: Burden) -> str:
    """Return what the policy did: "Confinement: 412 million person-days sealed ..."."""
    sealed, controlled = cost.person_days["sealed"], cost.person_days["controlled"]
    if sealed.high == 0 and controlled.high == 0:
        precaution = cost.person_days["precaution"]
        if precaution.high == 0:
            return "Confinement: nobody was confined."
        return (
            "Confinement: nobody was kept in a compound;"
            f" {people(precaution.median)} person-days were spent under precaution."
        )
    kept = "nobody" if cost.long_stays.high == 0 else f"{people(cost.long_stays.median)} people"
    return (
        f"Confinement: {people(sealed.median)} person-days sealed at home and"
        f" {people(controlled.median)} kept in the compound,"
        f" {cost.mean_days.median:.0f} days for the average resident;"
        f" {kept} had an unbroken stay of {LONG_STAY} days or more;"
        f" the longest lasted {days(cost.longest.median)}."
    )


def counted_deaths(results: xr.Dataset, observed: pd.DataFrame | None) -> int | None:
    """Return the real deaths of the days of the run, None where they are not known."""
    real = daily(observed, results["date"].values, "deaths")
    return None if real is None else int(np.nansum(real))


def care_words(cost: Care, counted: int | None = None) -> str:
    """Return the toll of the disease: " 612 people died; 588 deaths were reported; at ..."."""
    real = "" if counted is None else f"; {exactly(counted)} deaths were reported"
    return (
        f" {people_in_runs(cost.deaths, 'people')} died{real}; at most"
        f" {people(cost.icu_peak.median)} were in intensive care on a day."
    )


def border_words(results: xr.Dataset) -> str:
    """Return what the border found: " At the border 40 infected travellers arrived, ..."."""
    runs = with_replicates(results)
    names = ("imported", "imported_found", "imported_released")
    came, found, released = (spread(runs[name].sum("date")) for name in names)
    return (
        f" From abroad {people_in_runs(came, 'infected travellers')} arrived,"
        f" {people(found.median)} were found and {people(released.median)} let go undetected and"
        " still infectious."
    )


def isolation_words(cost: Isolation) -> str:
    """Return what isolation did: " Isolation: people were isolated 600,000 times, ..."."""
    said = (
        f" Isolation: people were isolated {people(cost.isolated.median)} times,"
        f" {people(cost.not_infected.median)} of them on a false positive result, for"
        f" {people(cost.facility_days.median)} person-days in facilities and"
        f" {people(cost.home_days.median)} at home"
    )
    if cost.children_days.high > 0:
        said += (
            f"; children spent {people(cost.children_days.median)} days in a facility without an"
            " adult of their household"
        )
    return f"{said}."


def agreement_words(fit: Fit | None, unmatched: int = 0) -> str:
    """Return how well the run agrees with the data, worst things included.

    Parameters
    ----------
    fit
        Agreement with data, None without data.
    unmatched
        Days of the run that have no data.
    """
    if fit is None:
        return "There are no data to hold this run against: nothing here has been tested."
    if np.isnan(fit.peak_days_late.median):
        return "The fit is poor: the data show a wave and the simulation has none."
    late = earlier_or_later(fit.peak_days_late.median)
    said = (
        f"The fit is {fit.verdict}: over the {fit.n_days} days with data the simulation reports"
        f" {too_many_or_few(fit.ratio.median)},"
        f" its peak (7-day mean) comes {late}"
        f" and is {times_as_high(fit.peak_ratio.median)},"
        f" and a typical day is off by a factor of {fit.typical_factor:.1f}."
    )
    if fit.districts is not None:
        said += f" {100 * fit.districts.misplaced:.0f} % of the cases are in the wrong district."
    if not np.isnan(fit.inside_most):
        said += (
            f" The data lie inside the 90 % band of the runs on"
            f" {100 * fit.inside_most:.0f} % of days."
        )
    if unmatched:
        said += f" {days(unmatched)} of the run have no data."
    return said


def unmatched_days(results: xr.Dataset, observed: pd.DataFrame | None) -> int:
    """Return how many days of the run have no data."""
    data = daily(observed, results["date"].values)
    return 0 if data is None else int(np.isnan(data).sum())
