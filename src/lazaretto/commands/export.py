"""The command that writes a run, or a study, in the forms that others read."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from lazaretto.console import complain, out, print_json, problems_shown

if TYPE_CHECKING:
    import xarray as xr


class Form(StrEnum):
    """In which form results are written."""

    hubverse = "hubverse"
    parquet = "parquet"
    netcdf = "netcdf"
    ro_crate = "ro-crate"


class Period(StrEnum):
    """What a row of a hub's table is of."""

    day = "day"
    week = "week"


def export(
    run: Annotated[
        Path,
        typer.Argument(help="A run folder; for ro-crate also a folder of run folders.",
                       metavar="RUN"),
    ],
    form: Annotated[Form, typer.Option("--format", help="In which form.")],
    to: Annotated[
        Path, typer.Option("--out", metavar="PATH", help="Folder or file to write; ro-crate: a "
                           "new folder, or a file ending in .zip."),
    ],
    model_id: Annotated[
        str | None,
        typer.Option(metavar="TEAM-MODEL", help="hubverse: model, lazaretto-SCENARIO if absent."),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="hubverse: origin date, horizon 0; the first day if "
                     "absent."),
    ] = None,
    period: Annotated[
        Period, typer.Option("--by", help="hubverse: a row for a day, or for a week to Saturday.")
    ] = Period.day,
    licence: Annotated[
        str | None,
        typer.Option(metavar="SPDX", help="ro-crate: licence of your results, as CC-BY-4.0."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:  # fmt: skip
    """Write the results of a run as Hubverse tables, Parquet, NetCDF or an RO-Crate."""
    from lazaretto.scenario import ScenarioError

    with problems_shown(as_json):
        problems = _problems(run, form, to, model_id, origin, licence)
        if problems:
            raise ScenarioError(problems)
        said: dict[str, Any]
        if form is Form.ro_crate:
            said = _crate(run, to, licence)
        else:
            said = _results(run, form, to, model_id, origin, period)
    if as_json:
        print_json({"format": form.value, "run": str(run)} | said)
        return
    for note in said["notes"]:
        complain(f"Note: {note}.")
    for path in said["files"][:12]:
        out.print(Text(str(path)), soft_wrap=True)
    left = len(said["files"]) - 12
    if left > 0:
        out.print(Text(f"and {left} more", style="dim"))
    if "crate" in said:
        out.print(Text(f"crate {said['crate']}: read again, every file is named and there"))


def _problems(
    run: Path, form: Form, to: Path, model_id: str | None, origin: str | None, licence: str | None
) -> list[Any]:
    """Return all that is wrong with what was asked for."""
    from lazaretto.scenario import Problem
    from lazaretto.studies.exports.crate import runs_in
    from lazaretto.studies.exports.hubverse import MODEL_ID

    found = []
    runs = list(runs_in(run)) if run.is_dir() else []
    if not runs or (form is not Form.ro_crate and runs != [run]):
        allowed = "the folder of a finished run" + (
            ", or a folder with such folders in it" if form is Form.ro_crate else ""
        )
        found.append(Problem("RUN", run, allowed, "lazaretto list shows the runs there are"))
    if form is Form.ro_crate and to.exists() and (to.is_file() or any(to.iterdir())):
        advice = "give another path, or remove what is there"
        found.append(Problem("--out", to, "a path where nothing is yet", advice))
    if form is Form.ro_crate and to.resolve().is_relative_to(run.resolve()):
        advice = "give a path outside the run folder"
        found.append(Problem("--out", to, "a path that is not in what is exported", advice))
    if form is not Form.netcdf and form is not Form.ro_crate and to.is_file():
        found.append(Problem("--out", to, "a folder", "give the path of a folder"))
    if model_id is not None and not MODEL_ID.fullmatch(model_id):
        allowed = "team and model, letters, digits and underscores, with one hyphen between them"
        found.append(Problem("--model-id", model_id, allowed, "write it as my_team-my_model"))
    if origin is not None:
        try:
            date.fromisoformat(origin)
        except ValueError:
            advice = "write year-month-day, of a day that exists"
            found.append(Problem("--origin", origin, "an ISO date, as 2022-04-10", advice))
    given = {"--model-id": (model_id, Form.hubverse), "--origin": (origin, Form.hubverse),
             "--licence": (licence, Form.ro_crate)}  # fmt: skip
    for option, (value, of) in given.items():
        if value is not None and form is not of:
            advice = "leave it out, or choose that format"
            found.append(Problem(option, value, f"with --format {of.value} only", advice))
    return found


def _results(
    run: Path, form: Form, to: Path, model_id: str | None, origin: str | None, period: Period
) -> dict[str, Any]:
    """Write results in one of the three forms of tables; return the files and what to know."""
    from lazaretto.scenario import Problem, ScenarioError
    from lazaretto.studies.exports.hubverse import model_id_of, write_hub
    from lazaretto.studies.exports.long_tables import write_netcdf, write_tables

    results = _read(run)
    if form is Form.parquet:
        return {"files": [str(path) for path in write_tables(results, to)], "notes": []}
    if form is Form.netcdf:
        path = to / f"{run.name}.nc" if to.is_dir() or not to.suffix else to
        if path.exists() and path.suffix != ".nc":
            advice = "give a path where nothing is yet, or one that ends in .nc"
            raise ScenarioError([Problem("--out", path, "no file of another kind", advice)])
        return {"files": [str(write_netcdf(results, path))], "notes": []}
    since = None if origin is None else date.fromisoformat(origin)
    days = results["date"].values.astype("datetime64[D]")
    if since is not None and not days[0].item() <= since <= days[-1].item():
        allowed = f"a day of the run, {days[0]} to {days[-1]}"
        raise ScenarioError([Problem("--origin", since, allowed, "choose one of these days")])
    model = model_id or model_id_of(str(results.attrs.get("scenario", "run")))
    path = write_hub(results, to, model, since, period.value)
    n_runs, notes = results.sizes.get("replicate", 1), []
    if n_runs == 1:
        notes.append(
            "a run of one replicate has no quantiles and no median: the table has its mean and its "
            "one sample; --replicates K makes more"
        )
    elif n_runs < 100:
        ends = f"{1 / n_runs:.2g} and {1 - 1 / n_runs:.2g}"
        notes.append(
            f"quantiles are of {n_runs} replicates: those beyond {ends} say little more than the "
            "lowest and highest run"
        )
    notes.append("the spread is that of chance alone unless the scenario carries a posterior")
    return {"files": [str(path)], "notes": notes, "model_id": model, "replicates": n_runs}


def _read(run: Path) -> xr.Dataset:
    import xarray as xr

    from lazaretto.scenario import Problem, ScenarioError

    try:
        return xr.load_dataset(run / "trajectories.nc", engine="h5netcdf")
    except (OSError, KeyError, ValueError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        allowed = "the folder of a finished run whose trajectories.nc can be read"
        advice = f"the same lazaretto run makes it again: {said}"
        raise ScenarioError([Problem("RUN", str(run), allowed, advice)]) from None


def _crate(run: Path, to: Path, licence: str | None) -> dict[str, Any]:
    from lazaretto.reporting import CONTACTS, POPULATION
    from lazaretto.studies import observed_cases
    from lazaretto.studies.exports.crate import EXTRA, CrateError, runs_in, write_crate

    place = str(_read(next(iter(runs_in(run)))).attrs.get("place", ""))
    real = observed_cases(place)
    sources = [POPULATION, CONTACTS, *([] if real is None else [real.source])]
    try:
        files = write_crate(run, to, sources, licence)
    except ImportError:
        complain(f"--format ro-crate needs the library rocrate\n    do: pip install '{EXTRA}'")
        raise typer.Exit(1) from None
    except CrateError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    notes = [] if licence else ["no licence is stated for the results; --licence SPDX states one"]
    return {"files": files, "crate": str(to), "notes": notes}
