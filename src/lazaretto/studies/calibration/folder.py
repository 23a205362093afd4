"""A calibration from start to end: fit, go on with fitted runs, score, and write it all down."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from lazaretto.scenario import Scenario
from lazaretto.scenario.draws import SEED
from lazaretto.studies.calibration.as_scenario import (
    DRAWS,
    draws_of,
    fitted_scenario,
)
from lazaretto.studies.calibration.findings import findings
from lazaretto.studies.calibration.fit import fit
from lazaretto.studies.calibration.journal import Journal, Runner
from lazaretto.studies.calibration.page import page
from lazaretto.studies.calibration.plan import DISTANCE, WEIGHT, Plan
from lazaretto.studies.calibration.posterior import Posterior, Tell, particles_for, resampled
from lazaretto.studies.calibration.predict import (
    Predicted,
    as_table,
    compared_runs,
    last_day,
    of_prior,
    predict,
)
from lazaretto.studies.calibration.streams import Compared
from lazaretto.studies.calibration.waves import FIRST, WAVES, fit_in_waves
from lazaretto.studies.ensembles.ensemble import each_run
from lazaretto.studies.extra import needed
from lazaretto.studies.lock import alone_in
from lazaretto.whole_files import whole_file, write_whole

RUNS, POSTERIOR, PREDICTIVE = "runs.sqlite", "posterior.parquet", "predictive.parquet"
REPORT, FOUND, FITTED, INFERENCE = (
    "fit-report.md", "fit-report.json", "fitted.yaml", "inference-data.nc",
)  # fmt: skip

SEARCHES: dict[str, Callable[..., Posterior]] = {"waves": fit_in_waves, "smc": fit}
"""Ways to look for a posterior: waves of runs led by an emulator, or ABC-SMC."""


@dataclass(frozen=True)
class Calibrated:
    """A finished calibration.

    Parameters
    ----------
    found
        What the fit report says, ready for JSON.
    posterior
        The fitted numbers.
    fitted, prior
        The fitted runs and those drawn from the prior.
    folder
        Where it was written.
    """

    found: dict[str, Any]
    posterior: Posterior
    fitted: Predicted
    prior: Predicted
    folder: Path


def cost(plan: Plan, runs: int, particles: int | None = None, search: str = "waves") -> str:
    """Return in a sentence what a calibration will take."""
    n = particles or particles_for(runs)
    fitted = (plan.calibration.data_until - plan.whole.start).days + 1
    whole = (last_day(plan) - plan.whole.start).days + 1
    place = plan.whole.place if plan.sample is None else plan.sample.place
    how = f"generations of {n} particles"
    if search == "waves":
        how = f"a wave from the prior and {WAVES} led by an emulator"
        beginnings = plan.calibration.beginnings
        if beginnings is not None:
            begun = beginnings.number * (runs - round(FIRST * runs))
            how += f" ({begun:,} beginnings to {beginnings.until.isoformat()}, of which one in "
            how += f"{beginnings.number} goes on)"
    return (
        f"at most {runs:,} runs of {fitted} days in {place} to fit {len(plan.free)} numbers, in "
        f"{how}; then at most {n} of {whole} days to go on with the fitted ones. "
        "Runs made before are found"
    )


def other_fit(
    folder: Path, plan: Plan, seed: int, runs: int, particles: int | None = None,
    search: str = "waves",
) -> str:  # fmt: skip
    """Return what fit a folder holds, in words; nothing if it is this one, or none.

    Parameters
    ----------
    folder
        The folder.
    plan, seed, runs, particles, search
        As for `calibrate`.
    """
    try:
        found = json.loads((folder / FOUND).read_text(encoding="utf-8"))
        theirs = tuple(found[name] for name in ("scenario", "place", "seed", "allowed_runs",
                                                "search", "allowed_particles"))  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    place = plan.whole.place if plan.sample is None else plan.sample.place
    ours = (plan.whole.name, place, seed, runs, search, particles or particles_for(runs))
    if theirs == ours and found.get("asked") == plan.calibration.digest():
        return ""
    return f"{theirs[0]} in {theirs[1]}, seed {theirs[2]}, {theirs[3]:,} runs, by {theirs[4]}"


def calibrate(
    plan: Plan, folder: Path, *, runs: int, seed: int = 1, particles: int | None = None,
    search: str = "waves", runner: Runner = each_run, tell: Tell | None = None,
) -> Calibrated:  # fmt: skip
    """Fit a calibration, score it on the held-out days, and write its folder.

    Interrupted, the same call goes on with the runs that were made.

    Parameters
    ----------
    plan
        The calibration.
    folder
        Where to write; made if it is not there.
    runs, seed, particles
        Runs to fit with at most, the first seed, and particles of a generation; see
        `lazaretto.studies.calibration.fit.fit`.
    search
        How the posterior is looked for: one of `SEARCHES`.
    runner
        Makes runs.
    tell
        Called with words and the share done.

    Raises
    ------
    ScenarioError
        If a library is missing, there are too few runs, or they fail.
    FolderBusyError
        If another process is at work in the folder.
    """
    for name in ("pyabc", "arviz", "scoringrules"):
        needed(name)
    folder.mkdir(parents=True, exist_ok=True)
    with alone_in(folder), Journal(folder / RUNS, runner) as journal:
        posterior = SEARCHES[search](plan, journal, runs, seed, tell, particles)
        fitted = predict(plan, posterior, journal, tell)
        prior = of_prior(plan, posterior, journal)
        numbers = _numbers(plan, posterior, journal)
        found = findings(plan, posterior, fitted, prior, numbers, search)
        found |= {"seed": seed, "allowed_runs": runs,
                  "allowed_particles": particles or particles_for(runs),
                  "asked": plan.calibration.digest()}  # fmt: skip
        _write(Calibrated(found, posterior, fitted, prior, folder), plan)
    return Calibrated(found, posterior, fitted, prior, folder)


def _numbers(plan: Plan, posterior: Posterior, journal: Journal) -> list[dict[str, float]]:
    """Return the numbers of every fitted run that were compared; all of them are there."""
    compared = Compared(plan)
    jobs = compared_runs(plan, posterior)
    made = dict(journal.runs(jobs))
    return [compared.of_run(made[i]) for i in range(len(jobs))]  # type: ignore[arg-type]


def _write(made: Calibrated, plan: Plan) -> None:
    folder, posterior = made.folder, made.posterior
    columns: dict[str, Any] = {
        name: posterior.values[:, i] for i, name in enumerate(posterior.names)
    }
    columns |= {WEIGHT: posterior.weights, SEED: posterior.seeds}
    columns |= {DISTANCE: posterior.distances}
    with whole_file(folder / POSTERIOR) as file:
        pd.DataFrame(columns).to_parquet(file, index=False)
    with whole_file(folder / PREDICTIVE) as file:
        as_table(made.fitted).to_parquet(file, index=False)
    with whole_file(folder / INFERENCE) as file:
        _inference_data(made, plan).to_netcdf(str(file))
    write_whole(folder / DRAWS, draws_of(plan, posterior).to_csv(index=False))
    scenario = fitted_scenario(plan, posterior)
    head = f"# Fitted by the calibration {plan.calibration.name}: run N of it takes draw N of\n"
    head += (
        f"# {DRAWS}, and run 1, whose numbers are below, is in the middle. 90 % in low and high.\n"
    )
    written = yaml.safe_dump(_from_here(scenario, plan), sort_keys=False, allow_unicode=True)
    write_whole(folder / FITTED, head + written)
    write_whole(folder / REPORT, page(made.found))
    write_whole(folder / FOUND, json.dumps(_finite(made.found), indent=2) + "\n")


def _finite(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return what JSON can hold: a number that is not finite becomes null."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _from_here(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """Return a scenario as written, what lies beside its file with the whole path."""
    written, beside = scenario.resolved(), plan.whole.folder
    if beside is None:
        return written
    if (beside / scenario.place).exists():
        written["place"] = str((beside / scenario.place).resolve())
    for entry in written.get("measures", []):
        file, colon, name = entry["measure"].partition(":")
        if colon:
            entry["measure"] = f"{(beside / file).resolve()}:{name}"
    return written


def _inference_data(made: Calibrated, plan: Plan) -> Any:  # noqa: ANN401 - arviz's own class
    arviz = needed("arviz")
    posterior = made.posterior
    chosen = resampled(posterior.weights, posterior.draws)

    def chain(values: NDArray[Any], rows: Sequence[int] | NDArray[np.int64]) -> NDArray[Any]:
        return np.asarray(values)[rows][None]

    dates = pd.date_range(made.fitted.first, periods=made.fitted.reported.shape[1])
    complete = made.fitted.reported.shape[0] == posterior.weights.size
    return arviz.from_dict(
        posterior={x: chain(posterior.values[:, i], chosen) for i, x in enumerate(posterior.names)},
        sample_stats={
            "weight": chain(posterior.weights, chosen),
            "distance": chain(posterior.distances, chosen),
            "seed": chain(posterior.seeds, chosen),
        },
        prior={x: posterior.prior[:, i][None] for i, x in enumerate(posterior.names)},
        posterior_predictive=(
            {"reported": chain(made.fitted.reported, chosen)} if complete else None
        ),
        observed_data={"reported": plan.data.total[: dates.size]},
        coords={"date": dates.values},
        dims={"reported": ["date"]},
    )
