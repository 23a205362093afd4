"""What is known of one variant: every number with its unit, source and status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lazaretto.provenance import Figure
from lazaretto.words import AGE_BANDS

AgeFigures = tuple[tuple[str, Figure], ...]
"""One figure per group of ages: ``("0-14", Figure), ("15-64", Figure), ("65+", Figure)``."""

DayFigures = tuple[tuple[int, Figure], ...]
"""One figure per anchor day, ascending; values between two anchors lie on a straight line."""


@dataclass(frozen=True)
class Variant:
    """The natural history of one variant of the virus.

    Durations are in days; a person is infected on day 0. Times that have a mean and an SD are
    gamma distributed. Symptoms and infectiousness are independent of each other given the end of
    the latent period, from which both are counted.

    Parameters
    ----------
    name, title
        Name in a scenario (``omicron-ba2``) and in print (``Omicron BA.2``).
    r0
        Default basic reproduction number, with interval.
    latent_mean, latent_sd
        Infection to the start of infectiousness.
    transmission_mean, transmission_sd
        Start of infectiousness to a transmission: the shape of infectiousness by day.
    onset_mean, onset_sd
        Start of infectiousness to the first symptoms.
    dispersion
        Shape k of the gamma distribution of individual infectiousness (mean 1, variance 1/k).
    asymptomatic_infectiousness
        Infectiousness of a person who never has symptoms, relative to one who has.
    symptomatic_share
        Share of the infected who have symptoms at any time, by age.
    susceptibility
        Relative to adults, by age.
    protection
        Relative susceptibility by days since an infection with the same variant.
    detection_shift
        Days by which tests turn positive earlier than in the measured wild-type curves.
    checks
        Published values the finished table is held against, by the name of what the table implies:
        ``incubation_mean``, ``generation_mean``, ``presymptomatic_share``. Not inputs.
    longest_latent, longest_infectious
        Days after which the table cuts the latent and the infectious period, 32 together at most.
    """

    name: str
    title: str
    r0: Figure
    latent_mean: Figure
    latent_sd: Figure
    transmission_mean: Figure
    transmission_sd: Figure
    onset_mean: Figure
    onset_sd: Figure
    dispersion: Figure
    asymptomatic_infectiousness: Figure
    symptomatic_share: AgeFigures
    susceptibility: AgeFigures
    protection: DayFigures
    detection_shift: Figure
    checks: tuple[tuple[str, Figure], ...] = ()
    longest_latent: int = 10
    longest_infectious: int = 14

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Yield every input figure with its key, such as ``("susceptibility.0-14", Figure)``."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Figure):
                yield field.name, value
            elif isinstance(value, tuple) and field.name != "checks":
                for part, figure in value:
                    yield f"{field.name}.{part}", figure


def by_age_band(groups: AgeFigures) -> NDArray[np.float64]:
    """Return one value per five-year band, shape (18,).

    A band that is cut by two groups gets their mean weighted by single years of age (equally many
    persons in each); the band 85+ takes the value at age 85.

    Raises
    ------
    ValueError
        If the groups leave out an age from 0 to 85, or name one twice.
    """
    by_year = np.full(90, np.nan)
    for label, figure in groups:
        first, last = _ages(label)
        if not np.isnan(by_year[first : last + 1]).all():
            raise ValueError(f"age group {label} overlaps another")
        by_year[first : last + 1] = figure.value
    if np.isnan(by_year).any():
        raise ValueError(f"no figure for age {int(np.flatnonzero(np.isnan(by_year))[0])}")
    return np.asarray(by_year.reshape(len(AGE_BANDS), 5).mean(axis=1))


def by_day(anchors: DayFigures) -> NDArray[np.float64]:
    """Return one value per day from 0 to the last anchor, straight lines between anchors."""
    days = np.array([day for day, _ in anchors])
    values = np.array([figure.value for _, figure in anchors])
    if days[0] != 0 or (np.diff(days) <= 0).any():
        raise ValueError("anchor days must start at 0 and ascend")
    return np.asarray(np.interp(np.arange(days[-1] + 1), days, values), np.float64)


def _ages(label: str) -> tuple[int, int]:
    if label.endswith("+"):
        return int(label[:-1]), 89
    first, last = label.split("-")
    return int(first), int(last)
