"""What is worked out from results: series that bulletins print, shares, means, person-days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from lazaretto.words import FOUND_WHERE

DEFINITIONS: dict[str, tuple[str, ...]] = {
    "strict": ("facility", "home isolation"),
    "official": ("facility", "home isolation", "sealed"),
    "official, controlled areas too": ("facility", "home isolation", "sealed", "controlled"),
}
"""Where a case may have been to count as found in quarantine."""


def reported_net(results: xr.Dataset) -> xr.DataArray:
    """Return newly reported infections: confirmed and asymptomatic at first report.

    A reclassified case was counted once already; this is the series to set beside incidence.
    """
    return (results["confirmed"] + results["asymptomatic"]).rename("reported_net")


def reported_gross(results: xr.Dataset) -> xr.DataArray:
    """Return what the bulletins printed: confirmed (with reclassified) plus asymptomatic."""
    return (reported_net(results) + results["reclassified"]).rename("reported_gross")


def found_in_quarantine(
    results: xr.Dataset, includes: str | Sequence[str] = "official"
) -> xr.DataArray:
    """Return infected persons found in quarantine, by day and district.

    Bulletins of 2022 said "found in closed-loop isolation" of persons in central quarantine and of
    residents of sealed areas alike; translations made it "centralised isolation". While a whole
    city is sealed nearly every case is found "in quarantine" by that definition.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    includes
        A name among `DEFINITIONS`, ``strict`` (only who was isolated in person) or ``official``
        (residents of sealed buildings too), or places among `lazaretto.words.FOUND_WHERE`.

    Raises
    ------
    ValueError
        If the definition is not known.
    """
    if isinstance(includes, str) and includes not in DEFINITIONS:
        raise ValueError(f"includes is {includes!r}; one of {', '.join(DEFINITIONS)}, or places")
    places = list(DEFINITIONS[includes] if isinstance(includes, str) else includes)
    unknown = [place for place in places if place not in FOUND_WHERE]
    if unknown:
        raise ValueError(f"nobody is found in {unknown[0]!r}; {', '.join(FOUND_WHERE)} are counted")
    found = results["found"].sel(found_where=places).sum("found_where")
    return found.rename("found_in_quarantine")


def share_in_quarantine(
    results: xr.Dataset, includes: str | Sequence[str] = "official"
) -> xr.DataArray:
    """Return the share of a day's cases found in quarantine, whole place; missing without cases.

    Parameters
    ----------
    results, includes
        As for `found_in_quarantine`.
    """
    quarantine = found_in_quarantine(results, includes).sum("district")
    every = results["found"].sum(("district", "found_where"))
    return (quarantine / every.where(every > 0)).rename("share_in_quarantine")


def mean_turnaround(results: xr.Dataset) -> xr.DataArray:
    """Return mean days from sample to positive result, by day of result; missing without any."""
    delivered = results["results"]
    return (results["result_days"] / delivered.where(delivered > 0)).rename("mean_turnaround")


def person_days(results: xr.Dataset) -> xr.DataArray:
    """Return person-days over the run by kind: at each tier, isolated, in hospital, children apart.

    The tiers count residents of buildings, also those who are away in a facility or hospital on
    that day; the other kinds count persons where they are.
    """
    tiers = results["persons_by_tier"].sum(("date", "district"))
    held = results["held"].sum(("date", "district", "held_as"))
    patients = results["patients"].sum(("date", "district"))
    kinds = {str(tier): tiers.sel(tier=tier, drop=True) for tier in tiers["tier"].values[1:]}
    kinds["isolated at home"] = held.sel(held_where="home", drop=True)
    kinds["in a facility"] = held.sel(held_where="facility", drop=True)
    kinds |= {f"hospital {care}": patients.sel(care=care, drop=True)
              for care in patients["care"].values}  # fmt: skip
    kinds["children apart"] = results["children_apart"].sum("date")
    joined = xr.concat(list(kinds.values()), "kind", coords="minimal", compat="override")
    return joined.assign_coords(kind=list(kinds)).rename("person_days")


def share_again(results: xr.Dataset) -> xr.DataArray:
    """Return the share of a day's positive compounds that are positive again so many days later.

    Missing where no compound was positive, and where the later day is not in the run.
    """
    again = results["addresses_again"]
    first = again.sel(days_later=0, drop=True)
    n_days = results.sizes["date"]
    left = xr.DataArray(np.arange(n_days)[::-1], dims="date", coords={"date": results["date"]})
    return (again / first.where(first > 0)).where(again["days_later"] <= left)
