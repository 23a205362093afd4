"""The courses an infection can take, as flat tables for the engine."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import gamma

from lazaretto.disease.catalogue import variant as find_variant
from lazaretto.disease.detection import detection_by_day
from lazaretto.disease.natural_history import Variant, by_age_band, by_day

N_HETEROGENEITY_BINS = 8
LONGEST_ONSET = 6

NEGLIGIBLE_TAIL = 1e-3
"""Share of transmission after which a course counts as over; the rest is rescaled."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CourseTable:
    """Every course an infection can take: when infectious, how much, with or without symptoms.

    Parameters
    ----------
    infectiousness
        Share of a person's infectiousness spent on day a since infection, (n_courses, n_days).
        Column 0 is the day of infection and is 0. A row sums to the course's multiplier: 1, or
        the relative infectiousness of the asymptomatic, times individual heterogeneity (mean 1).
    probability
        Probability of each course, (2, n_courses): row 0 given that no symptoms ever come, row 1
        given that they come; 0 for courses of the other kind.
    symptomatic
        Whether the course has symptoms, (n_courses,).
    latent_days
        Day since infection on which infectiousness starts, at least 1, (n_courses,).
    onset_probability
        Probability that symptoms start ``latent_days + offset`` days after infection, by offset,
        (n_offsets,).
    symptomatic_share
        Share of infections with symptoms by age band, (18,).
    susceptibility
        Relative susceptibility by age band, adults 1, (18,).
    protection
        Relative susceptibility d days after the last infection, (n_protect_days,): 0 up to the
        first day at which studies count an infection as a new one; the last entry holds from
        then on.
    pcr, antigen
        Probability that one swab of an infected person is positive, by day since infection,
        (n_detect_days,); the last entry is 0 and holds from then on.
    """

    infectiousness: Floats
    probability: Floats
    symptomatic: NDArray[np.bool_]
    latent_days: NDArray[np.int64]
    onset_probability: Floats
    symptomatic_share: Floats
    susceptibility: Floats
    protection: Floats
    pcr: Floats
    antigen: Floats

    @property
    def n_courses(self) -> int:
        """Return the number of courses, at most 255."""
        return int(self.infectiousness.shape[0])

    @property
    def n_days(self) -> int:
        """Return the number of days of a course, the day of infection included."""
        return int(self.infectiousness.shape[1])

    @property
    def mean_latent(self) -> float:
        """Return the mean latent period in days, as discretised."""
        return float(self.probability[1] @ self.latent_days)

    @property
    def mean_incubation(self) -> float:
        """Return the mean time from infection to symptoms in days, as discretised."""
        return self.mean_latent + float(
            self.onset_probability @ np.arange(self.onset_probability.size)
        )

    @property
    def mean_generation_interval(self) -> float:
        """Return the mean intrinsic generation interval in days, as discretised."""
        return float(self.generation_interval() @ np.arange(self.n_days))

    @property
    def presymptomatic_share(self) -> float:
        """Return the share of transmission before symptoms, of those who come to have them.

        Half of the transmission on the day of onset is counted as before it.
        """
        n_offsets = self.onset_probability.size
        later = 1.0 - np.cumsum(self.onset_probability) + 0.5 * self.onset_probability
        before = np.zeros(self.n_days)
        total = 0.0
        for row, chance, latent in zip(
            self.infectiousness, self.probability[1], self.latent_days, strict=True
        ):
            since_start = row[latent : latent + n_offsets]
            before[: since_start.size] += chance * since_start * later[: since_start.size]
            total += chance * row.sum()
        return float(before.sum() / total)

    def generation_interval(self, symptomatic_share: float | None = None) -> Floats:
        """Return the intrinsic generation interval: probability by day since infection, (n_days,).

        Parameters
        ----------
        symptomatic_share
            Share of infectors with symptoms; by default the plain mean over age bands. It matters
            only for a table in which the two kinds differ in timing.
        """
        share = (
            float(self.symptomatic_share.mean())
            if symptomatic_share is None
            else (symptomatic_share)
        )
        spent = self._mix(share) @ self.infectiousness
        return np.asarray(spent / spent.sum(), np.float64)

    def growth_rate(self, reproduction_number: float) -> float:
        """Return the exponential growth rate per day at a reproduction number.

        The root r of ``sum_a R g_a exp(-r a) = 1`` (Euler-Lotka in whole days; Wallinga and
        Lipsitch 2007, doi 10.1098/rspb.2006.3754).

        Parameters
        ----------
        reproduction_number
            Mean secondary infections, above 0.
        """
        if not reproduction_number > 0:
            raise ValueError(f"reproduction number {reproduction_number} must be above 0")

        def excess(rate: float) -> float:
            return float(np.log(reproduction_number / self.reproduction_number(rate)))

        # Every generation lasts from 1 day to n_days - 1 days, which brackets the root.
        edges = np.log(reproduction_number) / np.array([1.0, self.n_days - 1.0])
        low, high = edges.min() - 1e-9, edges.max() + 1e-9
        return float(brentq(excess, low, high, xtol=1e-13))

    def reproduction_number(self, growth_rate: float) -> float:
        """Return the reproduction number at an exponential growth rate (per day)."""
        days = np.arange(self.n_days)
        return float(1.0 / (self.generation_interval() @ np.exp(-growth_rate * days)))

    def _mix(self, share: float) -> Floats:
        return np.asarray((1.0 - share) * self.probability[0] + share * self.probability[1])


def courses(variant: Variant | str) -> CourseTable:
    """Return the course table of a variant (its arrays are read-only).

    Parameters
    ----------
    variant
        A `Variant`, or the name of one.
    """
    return _courses(find_variant(variant) if isinstance(variant, str) else variant)


@lru_cache(maxsize=32)
def _courses(variant: Variant) -> CourseTable:
    latent = whole_days(variant.latent_mean.value, variant.latent_sd.value, variant.longest_latent)
    latent[1] += latent[0]  # nobody transmits on the day of infection
    latent = latent[1:]
    latent_days = np.flatnonzero(latent) + 1
    latent = latent[latent > 0]
    profile = whole_days(
        variant.transmission_mean.value,
        variant.transmission_sd.value,
        variant.longest_infectious - 1,
    )
    # A last thousandth of transmission would keep everybody under watch for a week more.
    profile = profile[: int(np.searchsorted(np.cumsum(profile), 1 - NEGLIGIBLE_TAIL)) + 1]
    profile = profile / profile.sum()
    multiplier, bin_probability = individual_infectiousness(variant.dispersion.value)

    n_days = int(latent_days[-1]) + profile.size
    by_latent = np.zeros((latent.size, n_days))
    for row, start in zip(by_latent, latent_days, strict=True):
        row[start : start + profile.size] = profile
    one_kind = (multiplier[:, None, None] * by_latent[None]).reshape(-1, n_days)
    one_probability = (bin_probability[:, None] * latent[None]).ravel()
    nothing = np.zeros_like(one_probability)
    relative = variant.asymptomatic_infectiousness.value
    pcr, antigen = detection_by_day(variant.detection_shift.value)
    table = CourseTable(
        infectiousness=np.vstack([one_kind * relative, one_kind]),
        probability=np.vstack(
            [np.append(one_probability, nothing), np.append(nothing, one_probability)]
        ),
        symptomatic=np.repeat([False, True], one_probability.size),
        latent_days=np.tile(latent_days, 2 * multiplier.size).astype(np.int64),
        onset_probability=whole_days(
            variant.onset_mean.value, variant.onset_sd.value, LONGEST_ONSET
        ),
        symptomatic_share=by_age_band(variant.symptomatic_share),
        susceptibility=by_age_band(variant.susceptibility),
        protection=_protection(variant),
        pcr=pcr,
        antigen=antigen,
    )
    for field in fields(table):
        getattr(table, field.name).flags.writeable = False
    return table


def whole_days(mean: float, sd: float, longest: int) -> Floats:
    """Return the distribution of a gamma time as a difference of dates, shape (longest + 1,).

    Entry d is the mean over the time of day at which the interval starts of the probability that
    it ends d dates later: ``E max(0, 1 - |X - d|)``. This keeps the mean exactly. What lies beyond
    the longest day is dropped and the rest rescaled.
    """
    shape, scale = (mean / sd) ** 2, sd**2 / mean
    edges = np.arange(longest + 3, dtype=np.float64) - 1.0  # -1 .. longest + 1
    below = gamma.cdf(edges, shape, scale=scale)
    mean_below = mean * gamma.cdf(edges, shape + 1.0, scale=scale)
    # Integral of the distribution function from 0 to each edge; its second difference is wanted.
    integral = np.where(edges > 0, edges * below - mean_below, 0.0)
    weights = np.diff(integral, 2)
    return np.asarray(weights / weights.sum(), np.float64)


def individual_infectiousness(dispersion: float) -> tuple[Floats, Floats]:
    """Return relative infectiousness and probability of each of the 8 bins of persons.

    The gamma distribution with shape ``dispersion`` and mean 1 is cut where the mean of two
    distributions, of persons and of the infections they cause, has its octiles: fine both where
    people are and where transmission is. A bin carries its exact conditional mean.
    """
    # Infections caused are gamma distributed with shape k + 1 and the same scale.
    scale = 1.0 / dispersion

    def mixed(x: float) -> float:
        persons = gamma.cdf(x, dispersion, scale=scale)
        caused = gamma.cdf(x, dispersion + 1.0, scale=scale)
        return float(persons + caused) / 2.0

    octiles = np.arange(1, N_HETEROGENEITY_BINS) / N_HETEROGENEITY_BINS
    cuts = [brentq(lambda x, q=q: mixed(x) - q, 0.0, 1e4) for q in octiles]
    edges = np.array([0.0, *cuts, np.inf])
    probability = np.diff(gamma.cdf(edges, dispersion, scale=scale))
    carried = np.diff(gamma.cdf(edges, dispersion + 1.0, scale=scale))
    return np.asarray(carried / probability), np.asarray(probability)


def _protection(variant: Variant) -> Floats:
    relative = by_day(variant.protection)
    first_counted = variant.protection[1][0]
    relative[:first_counted] = 0.0
    return relative
