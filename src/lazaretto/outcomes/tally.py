"""The tally: what is counted each day of a run, as plain integer arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lazaretto.words import (
    AGE_BANDS,
    BREAKOUT_ENDS,
    BREAKOUT_SIZES,
    CARE,
    DOSES,
    FOUND_WHERE,
    GROUPS,
    HELD_AS,
    HELD_WHERE,
    INCOMES,
    ORIGINS,
    PLATFORMS,
    SAMPLED_FOR,
    TIERS,
)

LONGEST_LAG = 21
"""Days after which an address is looked at again, at most."""


@dataclass
class Tally:
    """Counts by day; every array is int64; its first axis is the day unless said.

    Parameters
    ----------
    infections
        New infections by district and origin (`lazaretto.words.ORIGINS`), shape
        (n_days, n_districts, 10).
    infections_by_age
        Shape (n_days, 18).
    infections_by_tier
        By the tier of the infected person's building, shape (n_days, 4).
    secondary
        Infections ever caused by those infected on the day, shape (n_days,).
    reports
        Reported confirmed, asymptomatic and reclassified by district, shape
        (n_days, n_districts, 3); reclassified were reported as asymptomatic before.
    found
        Infected persons whose positive result was delivered, by district and where they were
        (`FOUND_WHERE`), shape (n_days, n_districts, 6).
    false_positives
        Persons reported as positive who are not infected, shape (n_days, n_districts); they are
        also among the asymptomatic of `reports`.
    samples
        Persons sampled by district and reason (`SAMPLED_FOR`), shape (n_days, n_districts, 5).
    results, result_days
        Positive results delivered on the day, and the sum of their days since sampling, shapes
        (n_days,).
    traced
        Contacts newly found, by district, not infected or infected, contact or second contact,
        shape (n_days, n_districts, 2, 2).
    cases_untraced
        Cases given up for want of tracers, shape (n_days,).
    isolated
        Persons newly isolated by district of residence and reason (`HELD_AS`), shape
        (n_days, n_districts, 5).
    held
        Persons in isolation by district, reason and where (`HELD_WHERE`), shape
        (n_days, n_districts, 5, 2); the sum over days is person-days.
    released
        Persons released from isolation, shape (n_days, n_districts).
    children_apart
        Children in a facility without an adult of their household, shape (n_days,).
    patients
        Persons in hospital by district and level of care (`CARE`), shape (n_days, n_districts, 2).
    patients_waiting
        Severely ill persons without a bed, shape (n_days,).
    admissions
        By age band, doses and level of care, shape (n_days, 18, 4, 2).
    deaths
        Shape (n_days, n_districts).
    deaths_by_age
        By age band and doses, shape (n_days, 18, 4).
    treated
        Persons given an antiviral, shape (n_days,).
    doses
        Vaccine doses given by age band, shape (n_days, 18).
    absent_essential
        Essential workers isolated or in hospital, shape (n_days,).
    persons_by_tier
        Residents by district and tier of their building, shape (n_days, n_districts, 4).
    confined_by_age
        Residents by age band and tier, shape (n_days, 18, 4).
    stock_amount, stock_used, stock_waiting
        How much of each stock there was, was in use, and was waited for, shapes
        (n_days, n_stocks).
    addresses
        Compounds with a new positive found outside a facility, and those of them that never had
        one before, shape (n_days, 2).
    addresses_again
        Of the compounds with a new positive on the day, how many have one again exactly k days
        later, k = 0 to 21, shape (n_days, 22).
    addresses_by_days
        Compounds by the number of days on which they had a new positive; compounds that never
        had one are not counted, shape (n_days + 1,).
    cases_by_subdistrict
        Reported cases over the run by subdistrict of residence, shape (n_subdistricts,).
    symptomatic_by_age
        New infections that become symptomatic, by age band, shape (n_days, 18).
    infections_by_income, deaths_by_income
        By income class of the household, shapes (n_days, 5).
    persons_by_income, isolated_by_income
        Residents, and those of them who are isolated, by district, tier of their building and
        income class, shapes (n_days, n_districts, 4, 5).
    persons_by_group
        Residents who are migrants, and who are 65 and over and live alone, by district and tier,
        shape (n_days, n_districts, 4, 2).
    pupils, workers
        Residents who go to school, and by income class to a workplace where they are not
        essential, shapes (n_days, n_districts, 4) and (n_days, n_districts, 4, 5).
    pupil_days_lost, work_days_lost
        Days of school by district and of work by income class lost on weekdays, shapes
        (n_days, n_districts) and (n_days, 5).
    food_insecure
        Residents of confined households without food, by income class and whether migrants, shape
        (n_days, 5, 2).
    leaks
        Adults expected to break the rules of their tier, by tier, shape (n_days, 4).
    trust
        Mean trust in millionths of that before, shape (n_days,).
    breakouts, breakout_persons
        Break-outs and who took part, by district, shapes (n_days, n_districts).
    breakout_ends, breakouts_by_size
        Break-outs by how they ended (`BREAKOUT_ENDS`) and by number of participants (below 10,
        below 100, below 1,000, more), shapes (n_days, 3) and (n_days, 4).
    copies, copies_deleted, views
        Copies of messages made, deleted, and seen by residents, by platform, shapes (n_days, 4).
    aware
        Residents aware of a break-out or a message so far, by district, shape
        (n_days, n_districts).
    imported, imported_found, imported_released
        Infected travellers who arrive, whom the border finds, and who are let go undetected and
        still infectious, shapes (n_days,).
    """

    infections: NDArray[np.int64]
    infections_by_age: NDArray[np.int64]
    infections_by_tier: NDArray[np.int64]
    secondary: NDArray[np.int64]
    reports: NDArray[np.int64]
    found: NDArray[np.int64]
    false_positives: NDArray[np.int64]
    samples: NDArray[np.int64]
    results: NDArray[np.int64]
    result_days: NDArray[np.int64]
    traced: NDArray[np.int64]
    cases_untraced: NDArray[np.int64]
    isolated: NDArray[np.int64]
    held: NDArray[np.int64]
    released: NDArray[np.int64]
    children_apart: NDArray[np.int64]
    patients: NDArray[np.int64]
    patients_waiting: NDArray[np.int64]
    admissions: NDArray[np.int64]
    deaths: NDArray[np.int64]
    deaths_by_age: NDArray[np.int64]
    treated: NDArray[np.int64]
    doses: NDArray[np.int64]
    absent_essential: NDArray[np.int64]
    persons_by_tier: NDArray[np.int64]
    confined_by_age: NDArray[np.int64]
    stock_amount: NDArray[np.int64]
    stock_used: NDArray[np.int64]
    stock_waiting: NDArray[np.int64]
    addresses: NDArray[np.int64]
    addresses_again: NDArray[np.int64]
    addresses_by_days: NDArray[np.int64]
    cases_by_subdistrict: NDArray[np.int64]
    symptomatic_by_age: NDArray[np.int64]
    infections_by_income: NDArray[np.int64]
    deaths_by_income: NDArray[np.int64]
    persons_by_income: NDArray[np.int64]
    isolated_by_income: NDArray[np.int64]
    persons_by_group: NDArray[np.int64]
    pupils: NDArray[np.int64]
    workers: NDArray[np.int64]
    pupil_days_lost: NDArray[np.int64]
    work_days_lost: NDArray[np.int64]
    food_insecure: NDArray[np.int64]
    leaks: NDArray[np.int64]
    trust: NDArray[np.int64]
    breakouts: NDArray[np.int64]
    breakout_persons: NDArray[np.int64]
    breakout_ends: NDArray[np.int64]
    breakouts_by_size: NDArray[np.int64]
    copies: NDArray[np.int64]
    copies_deleted: NDArray[np.int64]
    views: NDArray[np.int64]
    aware: NDArray[np.int64]
    imported: NDArray[np.int64]
    imported_found: NDArray[np.int64]
    imported_released: NDArray[np.int64]

    @classmethod
    def of(cls, n_days: int, n_districts: int, n_stocks: int = 0, n_subdistricts: int = 0) -> Tally:
        """Return an empty tally for a run.

        Parameters
        ----------
        n_days, n_districts, n_stocks, n_subdistricts
            Days of the run, districts, stocks of the scenario, subdistricts of the place.
        """
        ages, incomes, place = len(AGE_BANDS), len(INCOMES), (n_days, n_districts)
        stocks = (n_days, n_stocks)
        shapes: dict[str, tuple[int, ...]] = {
            "infections": (*place, len(ORIGINS)),
            "infections_by_age": (n_days, ages),
            "infections_by_tier": (n_days, len(TIERS)),
            "reports": (*place, 3),
            "found": (*place, len(FOUND_WHERE)),
            "false_positives": place,
            "samples": (*place, len(SAMPLED_FOR)),
            "traced": (*place, 2, 2),
            "isolated": (*place, len(HELD_AS)),
            "held": (*place, len(HELD_AS), len(HELD_WHERE)),
            "released": place,
            "patients": (*place, len(CARE)),
            "patients_waiting": (n_days, len(CARE)),
            "admissions": (n_days, ages, len(DOSES), len(CARE)),
            "deaths": place,
            "deaths_by_age": (n_days, ages, len(DOSES)),
            "doses": (n_days, ages),
            "persons_by_tier": (*place, len(TIERS)),
            "confined_by_age": (n_days, ages, len(TIERS)),
            "stock_amount": stocks,
            "stock_used": stocks,
            "stock_waiting": stocks,
            "addresses": (n_days, 2),
            "addresses_again": (n_days, LONGEST_LAG + 1),
            "addresses_by_days": (n_days + 1,),
            "cases_by_subdistrict": (n_subdistricts,),
            "symptomatic_by_age": (n_days, ages),
            "infections_by_income": (n_days, incomes),
            "deaths_by_income": (n_days, incomes),
            "persons_by_income": (*place, len(TIERS), incomes),
            "isolated_by_income": (*place, len(TIERS), incomes),
            "persons_by_group": (*place, len(TIERS), len(GROUPS)),
            "pupils": (*place, len(TIERS)),
            "workers": (*place, len(TIERS), incomes),
            "pupil_days_lost": place,
            "work_days_lost": (n_days, incomes),
            "food_insecure": (n_days, incomes, 2),
            "leaks": (n_days, len(TIERS)),
            "breakouts": place,
            "breakout_persons": place,
            "breakout_ends": (n_days, len(BREAKOUT_ENDS)),
            "breakouts_by_size": (n_days, len(BREAKOUT_SIZES)),
            "copies": (n_days, len(PLATFORMS)),
            "copies_deleted": (n_days, len(PLATFORMS)),
            "views": (n_days, len(PLATFORMS)),
            "aware": place,
        }
        names = [item.name for item in fields(cls)]
        return cls(**{name: np.zeros(shapes.get(name, (n_days,)), np.int64) for name in names})

    def arrays(self) -> dict[str, NDArray[np.int64]]:
        """Return every array by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def series_sha256(self) -> str:
        """Return the hash of daily new infections by district and origin: equal for equal runs."""
        return hashlib.sha256(np.ascontiguousarray(self.infections, "<i8").tobytes()).hexdigest()
