"""What containment amounts to beside confinement: tests, tracing, isolation, hospital care."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lazaretto.outcomes import found_in_quarantine
from lazaretto.report.confined import AGE_GROUPS
from lazaretto.report.replicates import Spread, spread, with_replicates
from lazaretto.words import AGE_BANDS


def has(results: xr.Dataset, *names: str) -> bool:
    """Return whether any of these variables counts anything in any run."""
    return any(name in results and bool(results[name].any()) for name in names)


@dataclass(frozen=True)
class Search:
    """How cases were looked for and found, over the runs.

    Parameters
    ----------
    samples
        Persons sampled.
    found
        Infected persons found.
    official, strict
        Share of them found in quarantine: residents of sealed buildings counted, or not.
    turnaround
        Mean days from sample to positive result.
    traced, traced_infected
        Contacts found, and those of them who were infected.
    given_up
        Cases whose contacts nobody had time to find.
    """

    samples: Spread
    found: Spread
    official: Spread
    strict: Spread
    turnaround: Spread
    traced: Spread
    traced_infected: Spread
    given_up: Spread


def search(results: xr.Dataset) -> Search:
    """Return how cases were looked for and found."""
    runs = with_replicates(results)
    found = _total(runs["found"])
    some = found.where(found > 0)
    traced = runs["traced"]
    delivered = _total(runs["results"])
    return Search(
        samples=spread(_total(runs["samples"])),
        found=spread(found),
        official=spread(_total(found_in_quarantine(runs)) / some),
        strict=spread(_total(found_in_quarantine(runs, "strict")) / some),
        turnaround=spread(_total(runs["result_days"]) / delivered.where(delivered > 0)),
        traced=spread(_total(traced)),
        traced_infected=spread(_total(traced.sel(infected="infected"))),
        given_up=spread(_total(runs["cases_untraced"])),
    )


@dataclass(frozen=True)
class Isolation:
    """What isolation cost people, over the runs.

    Parameters
    ----------
    isolated
        Persons isolated (a person isolated twice counts twice).
    not_infected
        Of them, those isolated as false positives.
    contacts
        Of them, contacts and companions, who are no cases.
    facility_days, home_days
        Person-days in facilities and in isolation at home.
    facility_peak
        Most persons in facilities on a day.
    children_days
        Days that children spent in a facility without an adult of their household.
    """

    isolated: Spread
    not_infected: Spread
    contacts: Spread
    facility_days: Spread
    home_days: Spread
    facility_peak: Spread
    children_days: Spread


def isolation(results: xr.Dataset) -> Isolation:
    """Return what isolation cost people."""
    runs = with_replicates(results)
    as_what, held = runs["isolated"], runs["held"]
    facility = held.sel(held_where="facility")
    others = ["contact", "second contact", "companion"]
    return Isolation(
        isolated=spread(_total(as_what)),
        not_infected=spread(_total(as_what.sel(held_as="false positive"))),
        contacts=spread(_total(as_what.sel(held_as=others))),
        facility_days=spread(_total(facility)),
        home_days=spread(_total(held.sel(held_where="home"))),
        facility_peak=spread(facility.sum(("district", "held_as")).max("date")),
        children_days=spread(_total(runs["children_apart"])),
    )


@dataclass(frozen=True)
class Care:
    """Severe illness and death, over the runs.

    Parameters
    ----------
    admissions, deaths
        Admissions to a ward or to intensive care, and deaths.
    ward_peak, icu_peak
        Most persons in wards, and in intensive care, on a day.
    waiting_days
        Person-days of severe illness without a bed.
    """

    admissions: Spread
    deaths: Spread
    ward_peak: Spread
    icu_peak: Spread
    waiting_days: Spread


def care(results: xr.Dataset) -> Care:
    """Return severe illness and death."""
    runs = with_replicates(results)
    patients = runs["patients"].sum("district")
    return Care(
        admissions=spread(_total(runs["admissions"])),
        deaths=spread(_total(runs["deaths"])),
        ward_peak=spread(patients.sel(care="ward").max("date")),
        icu_peak=spread(patients.sel(care="icu").max("date")),
        waiting_days=spread(_total(runs["patients_waiting"])),
    )


def severe(results: xr.Dataset) -> bool:
    """Return whether anybody was severely ill or died in the simulation."""
    return has(results, "admissions", "deaths", "patients", "patients_waiting")


def care_table(results: xr.Dataset) -> list[tuple[str, ...]]:
    """Return rows: age group, admissions, to intensive care, deaths in all and by doses.

    The last row is everybody. Numbers are means over the runs.
    """
    from lazaretto.report.wording import people

    runs = with_replicates(results)
    admitted = runs["admissions"].mean("replicate").sum(("date", "dose"))
    died = runs["deaths_by_age"].mean("replicate").sum("date").transpose("age", "dose")
    by_care, by_dose = admitted.transpose("age", "care").values, died.values
    rows = []
    for group, ages in {**AGE_GROUPS, "all ages": range(len(AGE_BANDS))}.items():
        ward_icu, deaths = by_care[list(ages)].sum(axis=0), by_dose[list(ages)].sum(axis=0)
        numbers = [ward_icu.sum(), ward_icu[1], deaths.sum(), *deaths]
        rows.append((group, *(people(float(number)) for number in numbers)))
    return rows


CARE_COLUMNS = ("Age", "Admitted", "ICU", "Died", "no dose", "1 dose", "2 doses", "3 or more")
"""Heads of the columns of `care_table`."""


def isolation_table(results: xr.Dataset) -> list[tuple[str, str, str, str]]:
    """Return rows: why, persons isolated, person-days at home, person-days in a facility."""
    from lazaretto.report.wording import people

    runs = with_replicates(results)
    new = runs["isolated"].mean("replicate").sum(("date", "district"))
    held = runs["held"].mean("replicate").sum(("date", "district"))
    columns = (new, held.sel(held_where="home"), held.sel(held_where="facility"))
    numbers = np.array([column.values for column in columns]).T
    rows = []
    for reason, row in zip(new["held_as"].values, numbers, strict=True):
        if row.any():
            rows.append((str(reason), people(row[0]), people(row[1]), people(row[2])))
    every = numbers.sum(axis=0)
    return [*rows, ("all", people(every[0]), people(every[1]), people(every[2]))]


def _total(array: xr.DataArray) -> xr.DataArray:
    """Return the sum over everything but the runs."""
    others: list[Hashable] = [dim for dim in array.dims if dim != "replicate"]
    return array.sum(others)
