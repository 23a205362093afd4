"""The command that fits a scenario to data and scores it on days the fit did not see."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from lazaretto.commands.options import AsJson, Workers
from lazaretto.commands.starting import check_folder, say_if_compiling
from lazaretto.console import (
    INTERRUPTED,
    complain,
    err,
    listing,
    out,
    print_json,
    problems_shown,
    progress_shown,
)

if TYPE_CHECKING:
    from lazaretto.studies.calibration import Calibrated


class Search(StrEnum):
    """How a posterior is looked for."""

    WAVES = "waves"
    SMC = "smc"


SECONDS_BETWEEN = 30
"""Seconds between lines of progress where there is no terminal."""


def calibrate_scenario(
    name: Annotated[
        str, typer.Argument(help="A calibration, such as shanghai-2022, or a YAML file.",
                            metavar="CALIBRATION")
    ],
    runs: Annotated[
        int, typer.Option(min=1, metavar="N", help="Runs to fit with at most.")
    ] = 1000,
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where to write; resumes there.")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Run the smaller place that the calibration names.")
    ] = False,
    particles: Annotated[
        int | None,
        typer.Option(min=5, metavar="N", help="Draws of the posterior; an eighth of the runs."),
    ] = None,
    search: Annotated[
        Search, typer.Option(help="Waves of runs led by an emulator, or ABC-SMC.")
    ] = Search.WAVES,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="First seed.")] = 1,
    workers: Workers = 0,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A dask scheduler that makes the runs.")
    ] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Fit numbers of a scenario to data, and score the fit on days it did not see.

    The same command goes on where it was interrupted, and gives the same posterior. The cost is
    told first; a run of all Shanghai takes a quarter of a minute.
    """
    from lazaretto.studies.calibration import calibrate, cost, load_plan, other_fit
    from lazaretto.studies.calibration.prior_ends import check_ends
    from lazaretto.studies.ensembles.ensemble import each_run

    where = folder or Path("calibrations") / (Path(name).stem + ("-sample" if sample else ""))
    with problems_shown(as_json):
        check_folder(where)
        plan = load_plan(name, sample)
        check_ends(plan)
        complain(f"{cost(plan, runs, particles, search)}, in {where}.")
        another = other_fit(where, plan, seed, runs, particles, search)
        if another:
            complain(
                f"{where} holds another fit ({another}); this one replaces it when it is done."
            )
        chosen: dict[str, Any] = {"workers": workers} if cluster is None else {"cluster": cluster}
        if cluster is None:
            say_if_compiling()
        try:
            with progress_shown(as_json) as progress:
                made = calibrate(
                    plan, where, runs=runs, seed=seed, particles=particles, search=search,
                    tell=now_and_then(progress), runner=partial(each_run, **chosen),
                )  # fmt: skip
        except KeyboardInterrupt:
            complain("Stopped. The same command goes on with the runs that were made.")
            raise typer.Exit(INTERRUPTED) from None
        from lazaretto.report.calibrated import save_figures

        save_figures(made.found, made.folder)
    if as_json:
        print_json(made.found | {"folder": str(where)})
    else:
        print_calibrated(made)


def now_and_then(progress: Callable[[str, float], None]) -> Callable[[str, float], None]:
    """Return what tells a bar of each run, and without a terminal writes a line each half minute.

    Parameters
    ----------
    progress
        The bar.
    """
    if err.is_terminal:
        return progress
    told = time.monotonic()

    def tell(what: str, share: float) -> None:  # noqa: ARG001 - a share needs a bar
        nonlocal told
        if time.monotonic() - told > SECONDS_BETWEEN:
            told = time.monotonic()
            complain(what)

    return tell


def print_calibrated(made: Calibrated) -> None:
    """Print the fitted numbers, the scores, and where everything is."""
    from lazaretto.console.comparison import short

    found = made.found
    numbers = listing("number", "prior", "posterior (90 %)", "deviation left")
    for p in found["parameters"]:
        prior = f"{p['prior']['low']:g} to {p['prior']['high']:g}"
        numbers.add_row(Text(p["name"]), prior,
                        f"{p['p50']:.3g} ({p['p05']:.3g} to {p['p95']:.3g})",
                        f"{p['prior_left']:.0%}")  # fmt: skip
    out.print(numbers)
    held = found["held_out"]
    if held is not None:
        scores = listing("prediction", "WIS", "CRPS", "50 % band", "90 % band",
                         title=f"{held['from']} to {held['to']}, not seen by the fit")  # fmt: skip
        for s in held["scores"]:
            wis, crps = short(s["wis"], whole=False), short(s["crps"], whole=False)
            scores.add_row(Text(s["name"]), wis, crps,
                           f"{s['coverage_50']:.0%}", f"{s['coverage_90']:.0%}")  # fmt: skip
        out.print(scores)
        out.print(Text("Weighted interval score and continuous ranked probability score, persons a "
                       "day: lower is better.", "dim"))  # fmt: skip
    deaths, sealed = found["cost"]["deaths"], found["cost"]["sealed_person_days"]
    out.print(
        f"Fitted runs: {deaths[1]:,.0f} deaths ({deaths[0]:,.0f} to {deaths[2]:,.0f}), "
        f"{sealed[1] / 1e6:,.0f} million sealed person-days ({sealed[0] / 1e6:,.0f} to "
        f"{sealed[2] / 1e6:,.0f})."
    )
    if found["few"]:
        out.print("Fewer than 30 effective particles: every band above is rough.")
    out.print(
        f"{found['runs']:,} runs, {found['particles']} particles, as good as "
        f"{found['effective_particles']:g} independent ones. "
        f"Report: {made.folder / 'fit-report.md'}; lazaretto run {made.folder / 'fitted.yaml'}",
        soft_wrap=True,
    )
