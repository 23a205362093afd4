"""What a vaccine dose is worth by week since it was given, and who had which dose when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lazaretto.disease.vaccine_products import (
    AD5,
    DAYS_TO_WANE,
    DAYS_TO_WORK,
    INACTIVATED,
    MRNA,
    Course,
)
from lazaretto.provenance import Figure
from lazaretto.scenario.vaccination import MOST_DOSES, OLDEST_AGE, Vaccination
from lazaretto.words import AGE_BANDS

Floats = NDArray[np.float64]

N_WEEKS = 54
NOT_YET = 32767
"""Day of a dose that was not given."""

COURSES: dict[str, tuple[str, tuple[Course, ...]]] = {
    "inactivated": ("inactivated (CoronaVac, BBIBP-CorV)", INACTIVATED),
    "mrna": ("mRNA (BNT162b2)", MRNA),
    "ad5": ("adenovirus (Ad5-nCoV)", AD5),
}


@dataclass(frozen=True, eq=False)
class Vaccine:
    """Relative risks by doses had (0 to 4) and weeks since the last one; 1 is no protection.

    Measured against Omicron; used for every variant.

    Parameters
    ----------
    name, title
        Name in a scenario (``inactivated``) and in print.
    infection
        Risk of infection at an exposure, shape (5, 54); the last week stands for all later ones.
    symptoms
        Risk of symptoms given infection, shape (5, 54).
    hospital
        Risk to need a hospital bed given symptoms, shape (5, 54).
    death
        Risk to die given that need, shape (5, 54).
    sources
        Every figure behind these, with its key.
    """

    name: str
    title: str
    infection: Floats
    symptoms: Floats
    hospital: Floats
    death: Floats
    sources: tuple[tuple[str, Figure], ...]

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Yield every input figure with its key, ``("vaccine.dose_2.fresh.death", Figure)``."""
        yield from self.sources


@lru_cache(maxsize=8)
def vaccine(product: str) -> Vaccine:
    """Return what the doses of a vaccine are worth.

    Of those who had a dose some days ago, a share is not protected by it yet, a share is, and in a
    share it has waned (Cai et al. 2022, doi 10.1038/s41591-022-01855-7: exponential times); the
    relative risk is the mean over these, in the middle of each week. Until a dose works the waned
    protection of the one before holds.

    Parameters
    ----------
    product
        ``inactivated``, ``mrna`` or ``ad5``.

    Raises
    ------
    KeyError
        If there is no such vaccine; the message lists those there are.
    """
    if product not in COURSES:
        raise KeyError(f"no vaccine {product!r}; there are: {', '.join(COURSES)}")
    title, courses = COURSES[product]
    works, waned = _shares()
    risks = np.ones((4, MOST_DOSES + 1, N_WEEKS))
    before = np.ones(4)
    for dose, course in enumerate(courses, 1):
        fresh, late = np.array(course.fresh.values()), np.array(course.waned.values())
        risks[:, dose] = (
            np.outer(before, 1 - works - waned) + np.outer(fresh, works) + np.outer(late, waned)
        )
        before = late
    risks.setflags(write=False)
    sources = (("vaccine.days_to_work", DAYS_TO_WORK), ("vaccine.days_to_wane", DAYS_TO_WANE))
    return Vaccine(
        product, title, risks[0], risks[1], risks[2], risks[3], (*sources, *_figures(courses))
    )


def dose_days(
    vaccination: Vaccination | None, start: date, n_districts: int, n_bins: int
) -> NDArray[np.int16]:
    """Return the day on which each group of residents has each dose.

    The residents of a district and age band are split into equal bins. Lower bins come first: a bin
    has a dose if its middle lies below the coverage, on a day that moves evenly from the first to
    the last date of that dose. So whoever has a dose has all those before it.

    Parameters
    ----------
    vaccination
        The section of the scenario; None: nobody is vaccinated.
    start
        Day 0 of the run.
    n_districts, n_bins
        Districts of the place; bins of each age band.

    Returns
    -------
        Day of the run of doses 1 to 4, shape (n_districts, 18, n_bins, 4), negative before the
        start, `NOT_YET` where it is not given. The same in every district.
    """
    days = np.full((len(AGE_BANDS), n_bins, MOST_DOSES), NOT_YET, np.int64)
    rank = (np.arange(n_bins) + 0.5) / n_bins
    for dose in range(1, MOST_DOSES + 1):
        share, first, last = _by_band(vaccination, dose, start)
        for band in np.flatnonzero(share):
            had = rank < share[band]
            on = first[band] + (last[band] - first[band]) * rank[had] / share[band]
            days[band, had, dose - 1] = np.floor(on + 0.5)
    days = np.clip(np.maximum.accumulate(days, axis=2), np.iinfo(np.int16).min, NOT_YET)
    return np.repeat(days[None].astype(np.int16), n_districts, axis=0)


def _by_band(vaccination: Vaccination | None, dose: int, start: date) -> tuple[Floats, ...]:
    """Return share, first and last day of a dose by age band, shape (18,) each.

    A band cut by two groups has their means, weighted by single years of age and share.
    """
    years = np.zeros((3, OLDEST_AGE))
    for group in vaccination.doses if vaccination is not None else ():
        if group.dose == dose:
            at = slice(*group.years())
            share = float(group.share)
            years[0, at] = share
            years[1, at] = share * (group.first - start).days
            years[2, at] = share * (group.last - start).days
    share, first, last = years.reshape(3, len(AGE_BANDS), 5).mean(axis=2)
    given = np.where(share > 0, share, 1.0)
    return share, first / given, last / given


def _shares() -> tuple[Floats, Floats]:
    """Return the share in whom a dose works, and in whom it has waned, by week, (54,) each."""
    day = 7 * np.arange(N_WEEKS) + 3.5
    start, wane = 1 / DAYS_TO_WORK.value, 1 / DAYS_TO_WANE.value
    not_yet = np.exp(-start * day)
    works = start / (start - wane) * (np.exp(-wane * day) - not_yet)
    return works, 1 - not_yet - works


def _figures(courses: tuple[Course, ...]) -> Iterator[tuple[str, Figure]]:
    for dose, course in enumerate(courses, 1):
        for stage in fields(course):
            protection = getattr(course, stage.name)
            for step in fields(protection):
                key = f"vaccine.dose_{dose}.{stage.name}.{step.name}"
                yield key, getattr(protection, step.name)
