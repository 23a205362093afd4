"""How ill the infected become: hospital, intensive care, death, by age, for the unvaccinated.

Three sources disagree for Omicron BA.2. Shanghai reported 0.27 percent of infections severe or
critical and 0.09 percent dead. The input of Cai et al. 2022 (level ``cai``), with the same ages
and vaccination, gives 0.8 and 0.18 percent, and only if its shares are applied to *its* symptomatic
(7 to 16 percent of the infected): applied to ours (53 to 80 percent) they would give 4 and
0.9 percent. Hong Kong found the unvaccinated as likely to die as of wild type, which is what
``severity("wild-type")`` gives. The default is fitted to Shanghai's totals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lazaretto.disease import severity_tables as tables
from lazaretto.disease.catalogue import OF_MODELS, variant
from lazaretto.disease.course_table import whole_days
from lazaretto.disease.natural_history import AgeFigures, by_age_band
from lazaretto.provenance import Figure
from lazaretto.words import AGE_BANDS

Floats = NDArray[np.float64]
Level = Literal["shanghai", "cai"]

LONGEST_TO_HOSPITAL = 21
LONGEST_STAY = 60
SURE = 0.99
"""The largest chance that a table may hold."""


@dataclass(frozen=True, eq=False)
class Severity:
    """Severe disease of an unvaccinated infected person.

    Parameters
    ----------
    hospital
        Chance that a symptomatic person needs a ward or intensive care, by age band, shape (18,).
    icu
        Share of those who need intensive care, by age band, shape (18,).
    death_ward, death_icu
        Chance to die, given the bed needed, by age band, shape (18,) each.
    days_to_hospital
        Distribution of days from onset to need of a bed; entry d is d days, shape (22,), sums to 1.
    ward_days, icu_days
        Distribution of days in a ward and in intensive care of those who recover, shape (61,)
        each, none of 0 days.
    death_days
        Distribution of days from admission to death, shape (61,), none of 0 days.
    sources
        Every figure behind these, with its key.
    """

    hospital: Floats
    icu: Floats
    death_ward: Floats
    death_icu: Floats
    days_to_hospital: Floats
    ward_days: Floats
    icu_days: Floats
    death_days: Floats
    sources: tuple[tuple[str, Figure], ...]

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Yield every input figure with its key, such as ``("severity.icu_days", Figure)``."""
        yield from self.sources

    @property
    def death(self) -> Floats:
        """Return the chance to die of a person in need of a ward or ICU, shape (18,)."""
        return (1 - self.icu) * self.death_ward + self.icu * self.death_icu


@lru_cache(maxsize=16)
def severity(name: str, level: Level = "shanghai") -> Severity:
    """Return the severity of a variant for the unvaccinated.

    Parameters
    ----------
    name
        Name of the variant, such as ``omicron-ba2``.
    level
        For Omicron: ``shanghai``, fitted to the totals reported there, or ``cai``, the input of
        Cai et al. 2022 (doi 10.1038/s41591-022-01855-7). Other variants have one level.

    Raises
    ------
    KeyError
        If there is no such variant.
    ValueError
        If there is no such level.
    """
    if level not in get_args(Level):
        raise ValueError(f"level is {level!r}; allowed: {', '.join(get_args(Level))}")
    symptomatic = by_age_band(variant(name).symptomatic_share)
    if name in ("wild-type", "delta"):
        severe, icu, death, sources = _wild_type(symptomatic)
        if name == "delta":
            severe = symptomatic * times_odds(severe / symptomatic, tables.DELTA_HOSPITAL)
            icu = times_odds(icu, tables.DELTA_ICU)
            death = times_odds(death, tables.DELTA_DEATH)
            sources |= {
                "hospital.delta": tables.DELTA_HOSPITAL,
                "icu.delta": tables.DELTA_ICU,
                "death.delta": tables.DELTA_DEATH,
            }
    elif name in OF_MODELS:
        severe, icu, death, sources = _cai()
    else:
        severe, icu, death, sources = _shanghai() if level == "shanghai" else _cai()
        if name != "omicron-ba2":
            hospital_odds, death_odds = _against_ba2(name)
            severe = times_odds(severe, hospital_odds)
            death = times_odds(death, death_odds)
            sources |= {"hospital.against_ba2": hospital_odds, "death.against_ba2": death_odds}
    return _assembled(severe, symptomatic, icu, death, sources)


def times_odds(chance: Floats, ratio: Figure) -> Floats:
    """Return chances whose odds are multiplied by a ratio."""
    return _odds(chance, np.full(chance.shape, ratio.value))


Parts = tuple[Floats, Floats, Floats, dict[str, Figure]]
"""Chance of severe disease per infection, share of ICU among them, chance to die per infection."""


def _against_ba2(name: str) -> tuple[Figure, Figure]:
    if name == "omicron-ba1":
        return tables.BA1_HOSPITAL, tables.BA1_DEATH
    return tables.BF7_HOSPITAL, tables.BF7_DEATH


def _wild_type(symptomatic: Floats) -> Parts:
    sources = {
        **_keyed("hospital", tables.WILD_TYPE_HOSPITAL),
        **_keyed("icu", tables.WILD_TYPE_ICU),
        **_keyed("death", tables.WILD_TYPE_DEATH),
    }
    severe = symptomatic * by_age_band(tables.WILD_TYPE_HOSPITAL)
    return severe, by_age_band(tables.WILD_TYPE_ICU), by_age_band(tables.WILD_TYPE_DEATH), sources


def _shanghai() -> Parts:
    ages = np.arange(len(AGE_BANDS), dtype=np.float64) * 5 + 2.5
    ages[-1] = tables.MEAN_AGE_85.value
    severe = _doubling(tables.BA2_SEVERE_AT_80, tables.BA2_SEVERE_DOUBLING, ages)
    death = _doubling(tables.BA2_DEATH_AT_80, tables.BA2_DEATH_DOUBLING, ages)
    icu = tables.BA2_ICU_LEVEL.value * by_age_band(tables.CAI_ICU)
    sources = {
        "severe_at_80": tables.BA2_SEVERE_AT_80,
        "severe_doubling": tables.BA2_SEVERE_DOUBLING,
        "death_at_80": tables.BA2_DEATH_AT_80,
        "death_doubling": tables.BA2_DEATH_DOUBLING,
        "mean_age_85": tables.MEAN_AGE_85,
        "icu_level": tables.BA2_ICU_LEVEL,
        **_keyed("icu", tables.CAI_ICU),
    }
    return severe, icu, death, sources


def _doubling(at_80: Figure, years: Figure, ages: Floats) -> Floats:
    """Return a chance that doubles every so many years of age."""
    return np.asarray(at_80.value * 2.0 ** ((ages - 80) / years.value), np.float64)


def _cai() -> Parts:
    severe = by_age_band(tables.CAI_SYMPTOMATIC) * by_age_band(tables.CAI_HOSPITAL)
    icu, ward_death = by_age_band(tables.CAI_ICU), by_age_band(tables.CAI_DEATH_WARD)
    death = severe * ((1 - icu) * ward_death + icu * by_age_band(tables.CAI_DEATH_ICU))
    sources = {
        **_keyed("symptomatic", tables.CAI_SYMPTOMATIC),
        **_keyed("hospital", tables.CAI_HOSPITAL),
        **_keyed("icu", tables.CAI_ICU),
    }
    return severe, icu, death, sources


def _assembled(
    severe: Floats, symptomatic: Floats, icu: Floats, death: Floats, sources: dict[str, Figure]
) -> Severity:
    death_ward = _in_wards(np.minimum(death / severe, SURE), icu)
    death_icu = _odds(death_ward, DEADLIER)
    every = {
        **sources,
        **_keyed("death_ward", tables.CAI_DEATH_WARD),
        **_keyed("death_icu", tables.CAI_DEATH_ICU),
        "days_to_hospital": tables.DAYS_TO_HOSPITAL,
        "ward_days": tables.WARD_DAYS,
        "icu_days": tables.ICU_DAYS,
        "death_days": tables.DEATH_DAYS,
    }
    made = Severity(
        hospital=np.minimum(severe / symptomatic, SURE),
        icu=icu,
        death_ward=death_ward,
        death_icu=death_icu,
        days_to_hospital=_days(tables.DAYS_TO_HOSPITAL, LONGEST_TO_HOSPITAL),
        ward_days=_stay(tables.WARD_DAYS),
        icu_days=_stay(tables.ICU_DAYS),
        death_days=_stay(tables.DEATH_DAYS),
        sources=tuple((f"severity.{key}", figure) for key, figure in every.items()),
    )
    for value in vars(made).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return made


def _odds(chance: Floats, ratio: Floats) -> Floats:
    return np.asarray(chance * ratio / (1 - chance + chance * ratio), np.float64)


def _deadlier() -> Floats:
    """Return the odds to die in intensive care over those in a ward, by age band, shape (18,).

    Taken from Cai et al. for every variant.
    """
    ward, icu = by_age_band(tables.CAI_DEATH_WARD), by_age_band(tables.CAI_DEATH_ICU)
    return np.asarray(icu / (1 - icu) * (1 - ward) / ward, np.float64)


DEADLIER = _deadlier()


def _in_wards(death: Floats, icu: Floats) -> Floats:
    """Return the chance to die in a ward that makes ``death`` the mean of wards and ICU."""
    low, high = np.zeros(death.size), np.ones(death.size)
    for _ in range(60):
        middle = (low + high) / 2
        over = (1 - icu) * middle + icu * _odds(middle, DEADLIER) > death
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return np.where(death > 0, (low + high) / 2, 0.0)


def _days(mean: Figure, longest: int) -> Floats:
    """Return an exponential time as a difference of dates, shape (longest + 1,)."""
    return whole_days(mean.value, mean.value, longest)


def _stay(mean: Figure) -> Floats:
    """Return a stay of at least a day; what would end on its first date ends on the next."""
    days = _days(mean, LONGEST_STAY)
    days[1] += days[0]
    days[0] = 0.0
    return days


def _keyed(key: str, groups: AgeFigures) -> dict[str, Figure]:
    return {f"{key}.{ages}": figure for ages, figure in groups}
