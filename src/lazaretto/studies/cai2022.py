"""The model of Cai et al. 2022 from its own inputs: Omicron in China without strict measures.

A compartmental reference to hold the person-by-person engine against: 14 age bands, 12 states of
immunity, steps of one day, expected numbers in place of their binomial draws. Cai J et al. 2022
Nat Med 28:1468, doi 10.1038/s41591-022-01855-7; equations read from their public code (repository
DXW-sola1015/Model_Omicron_China, commit 9085beaacf70) and written anew here.

``python -m lazaretto.studies.cai2022`` prints the five published totals beside the model's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lazaretto.people.tables import shipped
from lazaretto.provenance import Figure

Floats = NDArray[np.float64]

CAI = "Cai et al. 2022, doi 10.1038/s41591-022-01855-7"
CODE = "DXW-sola1015/Model_Omicron_China @ 9085beaacf70, README and C/main.c"

R0 = Figure(3.9, "infections", f"{CAI}; {CODE}", "measured", note="dominant eigenvalue, no vaccine")
SEEDS = Figure(20, "persons", CODE, "measured", note="any of the 14 age bands alike, unvaccinated")
SYMPTOM_SCALE = Figure(0.15, "factor", CODE, "measured", note="on p_symp_adjusted")
ASYMPTOMATIC = Figure(1.0, "relative infectiousness", CODE, "measured", note="their kappa")
BOOSTERS = Figure(5e6, "doses/day", CODE, "measured", note="from the day of the seeds")
ACCEPTANCE = Figure(0.9, "share", CODE, "measured", note="of those due for a booster")
ICU_BEDS = Figure(
    64_000, "beds", f"{CAI}; recalled, unverified", "assumed", note="15.6 times these are 1.0 M"
)

OUTBREAK = date(2022, 3, 1)
DAYS = 180

UNVACCINATED, FIRST_READY, SECOND_GIVEN, SECOND_READY, BOOSTER_GIVEN, RECOVERED = 0, 3, 4, 6, 7, 10
FLOWS = ("infections", "symptomatic", "ward", "icu", "deaths")
N_IMMUNITY = 12
"""States in the order of ``cai2022_vaccine_effectiveness.csv``; the last two are of recovered."""

ELIGIBLE_FROM = (
    (date(2020, 11, 30), 18, 59),
    (date(2021, 3, 28), 18, 200),
    (date(2021, 7, 31), 12, 200),
    (date(2021, 10, 27), 3, 200),
)
"""Ages offered the first two doses, from a date on (their input ``VP_strategy``)."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the model is run with; arrays by age band have shape (14,).

    Parameters
    ----------
    first_age
        First age of each band.
    population
        Residents.
    susceptibility
        Relative to adults.
    symptomatic, hospital, icu, death_ward, death_icu
        Chance of each step given the one before, for the unvaccinated.
    unreached
        Share that is never vaccinated.
    contacts
        Contacts per day of a participant (row) with an age band (column), shape (14, 14).
    rates
        Per day, by transition: see ``cai2022_transition_rates.csv``.
    risk
        Relative risk by outcome and state of immunity, shape (12,) each.
    doses
        Doses of the primary series and boosters by day, shape (n_days, 2).
    first_day
        Date of the first of those days.
    r0, seeds, boosters, acceptance
        As `R0`, `SEEDS`, `BOOSTERS`, `ACCEPTANCE`.
    steps
        Steps of a day; 1 there. They mean r0 and all times in continuous time, which a step of a
        day makes longer: at 1 the eigenvalue they run is 4.30.
    """

    first_age: NDArray[np.int64]
    population: Floats
    susceptibility: Floats
    symptomatic: Floats
    hospital: Floats
    icu: Floats
    death_ward: Floats
    death_icu: Floats
    unreached: Floats
    contacts: Floats
    rates: dict[str, float]
    risk: dict[str, Floats]
    doses: Floats
    first_day: date
    r0: float = R0.value
    seeds: float = SEEDS.value
    boosters: float = BOOSTERS.value
    acceptance: float = ACCEPTANCE.value
    steps: int = 1


@dataclass(frozen=True, eq=False)
class Course:
    """What happened, by day from the first vaccinations, state of immunity and age.

    Arrays have shape (n_days, 12, 14).

    Parameters
    ----------
    infections
        Persons who became infectious.
    symptomatic, ward, icu, deaths
        New symptomatic persons, admissions to wards and to intensive care, deaths.
    in_icu
        Persons in intensive care at the end of the day.
    immunity
        Residents who can be infected at the end of the day.
    outbreak
        Index of the day of the first infections.
    """

    infections: Floats
    symptomatic: Floats
    ward: Floats
    icu: Floats
    deaths: Floats
    in_icu: Floats
    immunity: Floats
    outbreak: int

    def totals(self) -> dict[str, float]:
        """Return the five published numbers, persons and a ratio of beds."""
        return {
            "CN04": float(self.symptomatic.sum()),
            "CN05": float(self.ward.sum()),
            "CN06": float(self.icu.sum()),
            "CN07": float(self.deaths.sum()),
            "CN08": float(self.in_icu.sum(axis=(1, 2)).max()) / ICU_BEDS.value,
        }


def inputs() -> Inputs:
    """Return the inputs of the published baseline."""
    ages = shipped("cai2022_age_parameters")

    def by_age(column: str) -> Floats:
        return np.array([float(row[column]) for row in ages])

    n = len(ages)
    contacts = [
        float(r["contacts_per_day_mean"]) for r in shipped("contact_matrix_cai2022_14bands")
    ]
    effects: dict[str, list[float]] = {}
    for row in shipped("cai2022_vaccine_effectiveness"):
        effects.setdefault(row["outcome_or_rate"], []).append(float(row["relative_risk_or_rate"]))
    supply = shipped("cai2022_vaccination_supply")
    return Inputs(
        first_age=np.array([int(row["age_band"].rstrip("+").split("-")[0]) for row in ages]),
        population=by_age("population_2020"),
        susceptibility=by_age("relative_susceptibility_mean"),
        symptomatic=SYMPTOM_SCALE.value * by_age("p_symp_adjusted"),
        hospital=by_age("p_hosp_given_symptomatic"),
        icu=by_age("p_icu_given_hospitalised"),
        death_ward=by_age("p_death_given_hospital_ward"),
        death_icu=by_age("p_death_given_icu"),
        unreached=by_age("share_with_vaccine_contraindication_or_unreached"),
        contacts=np.array(contacts).reshape(n, n),
        rates={
            r["transition"]: float(r["rate_per_day"]) for r in shipped("cai2022_transition_rates")
        },
        risk={outcome: np.array(values) for outcome, values in effects.items()},
        doses=np.array([[float(r["primary_doses"]), float(r["booster_doses"])] for r in supply]),
        first_day=date.fromisoformat(supply[0]["date"]),
    )


def next_generation(given: Inputs, as_run: bool = False) -> Floats:
    """Return infections of each age band (row) caused by one unvaccinated of another (column).

    Per unit of transmissibility, shape (14, 14). Who comes to need a bed transmits until then;
    Diekmann, Heesterbeek and Metz 1990, doi 10.1007/BF00178324.

    Parameters
    ----------
    given
        The inputs.
    as_run
        Count the steps in which a person transmits, and not the time.
    """
    removed = given.rates["infectious_to_removed"]
    to_bed = given.rates["symptomatic_to_hospital"]
    ill, bed = given.symptomatic, given.hospital
    if as_run:
        removed, to_bed = (float(_chance(x / given.steps)) * given.steps for x in (removed, to_bed))
        days = (ASYMPTOMATIC.value * (1 - ill) + ill * (1 - bed)) / removed + ill * bed / to_bed
    else:  # the mean of two rates, not of two times, as they have it
        mixed = removed * (1 - bed) + to_bed * bed
        days = ASYMPTOMATIC.value * (1 - ill) / removed + ill / mixed
    return _exposure(given) * days


def transmissibility(given: Inputs) -> float:
    """Return the infections per contact at which the dominant eigenvalue is r0."""
    return float(given.r0 / np.abs(np.linalg.eigvals(next_generation(given))).max())


def run(given: Inputs) -> Course:
    """Run the model from the first vaccinations to 180 days after the first infections.

    Parameters
    ----------
    given
        The inputs.
    """
    steps, risk = given.steps, given.risk
    rates = {key: float(_chance(rate / steps)) for key, rate in given.rates.items()}
    by_age, n = given.population, given.population.size
    exposure = transmissibility(given) * _exposure(given) / by_age[:, None] / steps
    leaves = _chance(risk["rate_out_vaccination_stage_per_day"] / steps)[:, None]
    zero = np.zeros((N_IMMUNITY, n))
    willing, refuse, exposed = zero.copy(), zero.copy(), zero.copy()
    silent, mild, to_bed = zero.copy(), zero.copy(), zero.copy()  # no symptoms, symptoms, bed later
    ward_live, ward_die, icu_live, icu_die = (zero.copy() for _ in range(4))
    refuse[0] = given.unreached * by_age
    willing[0] = by_age - refuse[0]
    accept = np.ones((N_IMMUNITY, 1))
    accept[SECOND_READY] = given.acceptance
    outbreak = (OUTBREAK - given.first_day).days
    days = outbreak + DAYS
    made = {key: np.zeros((days, N_IMMUNITY, n)) for key in (*FLOWS, "in_icu", "immunity")}
    for step in range(days * steps):
        day = step // steps
        if step == outbreak * steps:
            willing[0] -= given.seeds / n
            mild[0] += given.seeds / n
        shed = risk["onward_transmission"] @ (mild + to_bed + ASYMPTOMATIC.value * silent)
        force = _chance(np.outer(risk["infection"], exposure @ shed))
        caught, caught_refusing = force * willing, force * refuse
        moving = np.minimum(leaves * willing, willing - caught)
        infectious = rates["latent_to_infectious"] * exposed
        ill = infectious * given.symptomatic * risk["symptoms"][:, None]
        bedded = ill * given.hospital * risk["hospitalisation"][:, None]
        well, fit = (rates["infectious_to_removed"] * x for x in (silent, mild))
        admitted = rates["symptomatic_to_hospital"] * to_bed
        critical = admitted * given.icu
        dying = risk["death"][:, None]
        dies_icu = critical * given.death_icu * dying
        dies_ward = (admitted - critical) * given.death_ward * dying
        out_icu, dead_icu = rates["icu_to_recovery"] * icu_live, rates["icu_to_death"] * icu_die
        out, dead = rates["hospital_to_recovery"] * ward_live, rates["hospital_to_death"] * ward_die

        arriving = np.vstack([np.zeros(n), moving[:-1]])
        willing += accept * arriving - moving - caught
        refuse += (1 - accept) * arriving - caught_refusing
        exposed += caught + caught_refusing - infectious
        silent += infectious - ill - well
        mild += ill - bedded - fit
        to_bed += bedded - admitted
        icu_die, icu_live = icu_die + dies_icu - dead_icu, icu_live + critical - dies_icu - out_icu
        ward_die = ward_die + dies_ward - dead
        ward_live = ward_live + admitted - critical - dies_ward - out
        willing[RECOVERED] += (out + out_icu + fit + well)[UNVACCINATED]

        _vaccinate(given, day, willing, day >= outbreak)
        for key, value in (
            ("infections", infectious),
            ("symptomatic", ill),
            ("icu", critical),
            ("ward", admitted - critical),
            ("deaths", dead + dead_icu),
            ("in_icu", icu_live + icu_die),
            ("immunity", willing + refuse),
        ):
            made[key][day] = value + (made[key][day] if key in FLOWS else 0.0)
    return Course(**made, outbreak=outbreak)


def _exposure(given: Inputs) -> Floats:
    """Return contacts of a whole band (row) with one person of another, times susceptibility."""
    met = given.contacts * given.population[:, None] / given.population
    return np.asarray(met * given.susceptibility[:, None], np.float64)


def _vaccinate(given: Inputs, day: int, willing: Floats, outbreak: bool) -> None:
    """Give the doses of a day: boosters, then second doses, then first ones with what is left."""
    primary, booster = given.doses[day]
    if outbreak:
        booster = given.boosters
    primary, booster = primary / given.steps, booster / given.steps
    adults = given.first_age >= 18
    offered = _offered(given, day)
    _give(booster, adults, willing, SECOND_READY, BOOSTER_GIVEN)
    second = _give(primary, offered, willing, FIRST_READY, SECOND_GIVEN)
    _give(max(primary - second, 0.0), offered, willing, UNVACCINATED, 1)


def _offered(given: Inputs, day: int) -> NDArray[np.bool_]:
    since = [ages for start, *ages in ELIGIBLE_FROM if (start - given.first_day).days <= day]
    youngest, oldest = since[-1]
    return (given.first_age >= youngest) & (given.first_age <= oldest)


def _give(doses: float, to: NDArray[np.bool_], willing: Floats, before: int, after: int) -> float:
    waiting = willing[before] * to
    given = waiting * min(1.0, doses / max(float(waiting.sum()), 1e-9))
    willing[before] -= given
    willing[after] += given
    return float(given.sum())


def _chance(rate: float | Floats) -> Floats:
    return np.asarray(-np.expm1(-np.asarray(rate)), np.float64)


def published() -> dict[str, float]:
    """Return the five published totals by identifier in ``validation_targets.csv``."""
    wanted = ("CN04", "CN05", "CN06", "CN07", "CN08")
    return {r["id"]: float(r["value"]) for r in shipped("validation_targets") if r["id"] in wanted}


def table() -> Iterator[str]:
    """Yield the lines of the comparison: published, this model, and the same in short steps."""
    ours, short = run(inputs()).totals(), run(replace(inputs(), steps=24)).totals()
    yield "| target | published | this model, steps of a day | ratio | steps of an hour |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for key, value in published().items():
        shown = f"{ours[key]:,.6g} | {ours[key] / value:.3f} | {short[key]:,.6g}"
        yield f"| {key} | {value:,.6g} | {shown} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join([*table(), ""]))
