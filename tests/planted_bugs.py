"""Bugs planted on purpose, each with the test that must notice it; a plugin of pytest plants one.

``LAZARETTO_PLANTED=NAME python -m pytest -p planted_bugs TEST`` runs a test with a bug in place.
It is planted once all tests are collected: what a test imports to compute what it expects stays
sound, what the engine looks up is not. `tests/test_planted_bugs.py` goes through all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

PLANTED = "LAZARETTO_PLANTED"
"""Names the bug that the plugin plants."""


@dataclass(frozen=True)
class Bug:
    """Something that is wrong, and where it shows.

    Parameters
    ----------
    name, what
        A word for it, and what is wrong, in a clause.
    test
        The test that must fail, as pytest names it.
    plant
        Puts it in place.
    """

    name: str
    what: str
    test: str
    plant: Callable[[], None]


def in_rates(change: Callable[..., tuple[Any, Any, float]]) -> Callable[[], None]:
    """Return what changes courses, contacts or transmissibility of which the engine makes rates."""

    def plant() -> None:
        from lazaretto.engine import simulation

        sound = simulation.build_rates

        def wrong(courses, contacts, transmissibility, severity=None):
            return sound(*change(courses, contacts, transmissibility), severity)

        simulation.build_rates = wrong

    return plant


def in_place(module: str, name: str, change: Callable[[Any], Any]) -> Callable[[], None]:
    """Return what puts something made of a function in the place of the function."""

    def plant() -> None:
        import importlib

        holder: Any = importlib.import_module(module)
        *path, last = name.split(".")
        for part in path:
            holder = getattr(holder, part)
        setattr(holder, last, change(getattr(holder, last)))

    return plant


def a_day_earlier(courses, contacts, transmissibility):
    """Everybody is infectious a day earlier; what fell on the first day stays there."""
    early = np.zeros_like(courses.infectiousness)
    early[:, 1:-1] = courses.infectiousness[:, 2:]
    early[:, 1] += courses.infectiousness[:, 1]
    return replace(courses, infectiousness=early), contacts, transmissibility


def alike(courses, contacts, transmissibility):
    """Everybody is as infectious as the mean of those with the same symptoms."""
    equal = courses.infectiousness.copy()
    for kind in (0, 1):
        mine = courses.symptomatic == bool(kind)
        share = courses.probability[kind][mine]
        equal[mine] = share @ courses.infectiousness[mine] / share.sum()
    return replace(courses, infectiousness=equal), contacts, transmissibility


def weaker_at_home(courses, contacts, transmissibility):
    from lazaretto.words import HOUSEHOLD

    weight = contacts.weight.copy()
    weight[HOUSEHOLD] *= 0.9
    return courses, contacts._replace(weight=weight), transmissibility


def other_way_round(courses, contacts, transmissibility):
    return courses, contacts._replace(by_age=contacts.by_age.T.copy()), transmissibility


def susceptible_children(courses, contacts, transmissibility):
    more = courses.susceptibility.copy()
    more[:4] *= 1.1
    return replace(courses, susceptibility=more), contacts, transmissibility


def times(factor: float) -> Callable[[Any], Any]:
    """Return a change of a function: its result times a number."""
    return lambda sound: lambda *given, **more: factor * sound(*given, **more)


def fewer_in_hospital(sound):
    def wrong(courses, contacts, transmissibility, severity=None):
        if severity is not None:
            severity = replace(severity, hospital=0.9 * severity.hospital)
        return sound(courses, contacts, transmissibility, severity)

    return wrong


def of_a_mean(factor: float, at: int) -> Callable[[Any], Any]:
    """Return a change of a function: one of the numbers it is given times a number."""

    def change(sound):
        return lambda *given: sound(*given[:at], factor * given[at], *given[at + 1 :])

    return change


def a_day_shorter(_sound):
    return property(lambda stay: stay.facility_days + max(stay.home_days - 1, 0))


def quicker_laboratory(sound):
    return lambda self, day, capacity: sound(self, day, np.ceil(1.02 * capacity).astype(np.int64))


def first_five(sound):
    return lambda values: sound(np.asarray(values, np.float64)[:5])


def doubted_data(sound):
    def wrong(self, *given, **more):
        sound(self, *given, **more)
        self.error = 5 * self.error

    return wrong


def never_waning(sound):
    """From the fifth week on a dose is worth what it is in the fifth."""

    def wrong(*given, **more):
        vaccine = sound(*given, **more)
        risk = vaccine.risk.copy()
        risk[..., 5:] = risk[..., 4:5]
        risk.flags.writeable = vaccine.risk.flags.writeable
        return vaccine._replace(risk=risk)

    return wrong


def narrower(sound):
    return lambda values, weights, levels: sound(
        values, weights, tuple(0.5 + 0.8 * (level - 0.5) for level in levels)
    )


BUGS = (
    Bug("r0", "R0 is 5 % too high",
        "test_r0.py::test_secondary_infections_in_a_city_equal_r0[3.0]",
        in_rates(lambda courses, contacts, value: (courses, contacts, 1.05 * value))),
    Bug("latent-period", "the latent period is a day too short",
        "test_growth.py::test_generation_interval[omicron-ba2]", in_rates(a_day_earlier)),
    Bug("household-weight", "contacts at home count 10 % too little",
        "test_household_final_size.py::test_household_final_sizes[individual infectiousness]",
        in_rates(weaker_at_home)),
    Bug("overdispersion", "everybody is as infectious as the mean",
        "test_extinction.py::test_extinction[1.5]", in_rates(alike)),
    Bug("children", "children are 10 % more susceptible",
        "test_final_size.py::test_final_size_by_age[children half]",
        in_rates(susceptible_children)),
    Bug("ages-transposed", "the contact matrix is read by contact, not by participant",
        "test_age_mixing.py::test_an_index_case_infects_each_age_as_the_matrix_says",
        in_rates(other_way_round)),
    Bug("pool", "a pooled test loses 10 % of its sensitivity",
        "test_detection.py::test_days_to_detection[3-10-pcr-1]",
        in_place("lazaretto.measures.sampling", "pooled", times(0.9))),
    Bug("false-positives", "10 % too many are wrongly positive",
        "test_detection.py::test_false_positives_of_each_round_are_binomial[10-pcr-0.9]",
        in_place("lazaretto.measures.sampling", "false_positive", times(1.1))),
    Bug("laboratory", "a laboratory reads 2 % more than it can",
        "test_laboratories.py::test_the_queue_of_daily_rounds[1-12000]",
        in_place("lazaretto.engine.laboratories", "Laboratories.work", quicker_laboratory)),
    Bug("hospital", "10 % too few of the ill need a hospital",
        "test_care.py::test_admissions_intensive_care_and_deaths_by_age[severe]",
        in_place("lazaretto.engine.simulation", "build_rates", fewer_in_hospital)),
    Bug("waning", "vaccines do not wane",
        "test_vaccinated.py::test_protection_of_a_real_vaccine_by_dose_and_week",
        in_place("lazaretto.engine.simulation", "vaccine_of", never_waning)),
    Bug("quarantine", "quarantine on arrival ends a day early",
        "test_border.py::test_the_engine_lets_as_many_go_as_the_closed_form[5+3]",
        in_place("lazaretto.engine.border", "Stay.days", a_day_shorter)),
    Bug("facilities", "the isolated meet 10 % fewer others there",
        "test_facilities.py::test_infections_among_the_isolated[2.0-0.0-0.15]",
        in_place("lazaretto.engine.facilities", "exposure_numbers", of_a_mean(0.9, 0))),
    Bug("trips", "5 % of trips are lost",
        "test_nation_statistics.py::test_the_share_away_is_trips_times_stay[0.3]",
        in_place("lazaretto.nation.travel", "set_out", of_a_mean(0.95, 2))),
    Bug("bands", "bands are made of five runs of twenty",
        "test_bands.py::test_a_band_holds_the_next_run_as_often_as_it_says[20]",
        in_place("lazaretto.report.replicates", "spread", first_five)),
    Bug("likelihood", "a fit takes its data for five times less sure than they are",
        "test_waves.py::test_the_posterior_is_the_closed_one[one]",
        in_place("lazaretto.studies.calibration.misfit", "Misfit.__init__", doubted_data)),
    Bug("coverage", "bands of a prediction are a fifth too narrow",
        "test_bands.py::test_a_band_of_draws_holds_what_it_says[0.9]",
        in_place("lazaretto.studies.calibration.scores", "quantiles", narrower)),
)  # fmt: skip


def pytest_collection_finish(session: pytest.Session) -> None:
    """Plant the bug that was asked for."""
    name = os.environ.get(PLANTED)
    for bug in BUGS:
        if bug.name == name:
            bug.plant()
