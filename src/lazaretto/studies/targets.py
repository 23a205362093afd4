"""Shanghai's validation targets: simulated beside reported, with a verdict for each.

``python -m lazaretto.studies.targets RUN_FOLDER docs/shanghai-2022-targets.md`` writes the page.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from lazaretto.outcomes import reported_net
from lazaretto.outcomes.alike import draws_in
from lazaretto.studies import quantities as q
from lazaretto.studies.calibration.page import held_out
from lazaretto.studies.verdict import Kind, Reported, met, verdict, written


@dataclass(frozen=True)
class Target:
    """One number to set beside a reported one.

    Parameters
    ----------
    key
        Identifier in ``validation_targets.csv``.
    what
        What is compared, in words.
    kind
        What kind of number it is.
    number
        Gives it for each replicate, shape (n_replicates,).
    first, last
        Days the run must have for it.
    part
        Which of several values in the cell of the table it is set beside.
    note
        How the simulated number differs from the reported one.
    """

    key: str
    what: str
    kind: Kind
    number: Callable[[xr.Dataset], q.Numbers]
    first: str
    last: str
    part: int = 0
    note: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table: identifier, words, reported, simulated, verdict and note."""

    key: str
    what: str
    reported: str
    simulated: str
    verdict: str
    note: str


SPRING = ("2022-03-01", "2022-06-30")
QUARANTINE = (
    "by the official definition: residents of sealed buildings count as found in quarantine"
)

COMPOUNDS = "compounds of the model stand for addresses; 21,386 compounds, 37,798 listed addresses"

TARGETS: tuple[Target, ...] = (
    Target("SH01", "reported infections, net", "number",
           lambda r: q.total(reported_net(q.between(r, *SPRING))), *SPRING),
    Target("SH02", "most reports of a day, net", "number", q.peak_height, *SPRING),
    Target("SH03", "days from the lockdown of Pudong to the peak", "days",
           lambda r: q.peak_date(r) - q.day_of("2022-03-28"), *SPRING),
    Target("SH03", "days from the lockdown of the city to the peak", "days",
           lambda r: q.peak_date(r) - q.day_of("2022-04-01"), *SPRING, part=1),
    Target("SH04", "gross reports on 28 April", "number",
           lambda r: q.gross_on(r, "2022-04-28"), "2022-04-28", "2022-04-28"),
    Target("SH05", "deaths", "number",
           lambda r: q.total(q.between(r, *SPRING)["deaths"]), *SPRING,
           note="reported deaths are those counted by the rules of the time"),
    Target("SH06", "deaths over reported infections", "share",
           lambda r: q.case_fatality(q.between(r, *SPRING)), *SPRING),
    *(
        Target(key, f"growth of reports, {first[5:]} to {last[5:]}", "rate",
               lambda r, first=first, last=last: q.growth(r, first, last),  # type: ignore[misc]
               first, last)
        for key, first, last in (
            ("SH07", "2022-03-13", "2022-03-27"), ("SH08", "2022-04-01", "2022-04-10"),
            ("SH09", "2022-04-20", "2022-04-30"), ("SH10", "2022-05-15", "2022-05-31"),
        )
    ),
    Target("SH11", "day on which reported R falls below one", "date", q.first_r_below_one, *SPRING),
    *(
        Target(f"SH12_{date[5:7]}{date[8:]}", f"share found in quarantine, {date[5:]}", "share",
               lambda r, date=date: q.share_found_in_quarantine(r, date),  # type: ignore[misc]
               date, date, note=QUARANTINE)
        for date in ("2022-03-28", "2022-04-04", "2022-04-13", "2022-04-20", "2022-04-28")
    ),
    Target("SH13", "first day after the peak without a case in the community", "date",
           q.first_day_without_community, *SPRING, note=QUARANTINE),
    Target("SH14", "cases found in the community", "number",
           lambda r: q.total(q.found_in_community(q.between(r, *SPRING))), *SPRING,
           note=QUARANTINE),
    Target("SH15", "first day after the peak with fewer than 1,000 reports", "date",
           lambda r: q.first_day_below(r, 1000), *SPRING),
    *(
        Target("SH16", f"reports per resident, {which} district", "share",
               lambda r, pick=pick: pick(  # type: ignore[misc]
                   q.attack_rates(q.between(r, "2022-03-06", "2022-05-31")), axis=1),
               "2022-03-06", "2022-05-31", part=part)
        for part, (which, pick) in enumerate((("highest", np.max), ("lowest", np.min)))
    ),
    Target("SH17", "addresses listed with a positive", "number", q.addresses_listed,
           "2022-03-19", "2022-05-15", note=f"{COMPOUNDS}; counted over the whole run"),
    Target("SH17", "share of them listed once", "share", q.share_listed_once,
           "2022-03-19", "2022-05-15", part=1, note=COMPOUNDS),
    *(
        Target(f"SH18_lag{lag}", f"addresses of 10 April positive again after {lag} days", "share",
               lambda r, lag=lag: q.listed_again(r, "2022-04-10", lag),  # type: ignore[misc]
               "2022-04-10", str(np.datetime64("2022-04-10") + lag), note=COMPOUNDS)
        for lag in (7, 14, 21)
    ),
    Target("SH19", "subdistricts that hold 80 % of cases", "share",
           lambda r: q.subdistricts_with(r, 0.8), "2022-03-01", "2022-05-31",
           note="counted over the whole run; the reported one to 31 May"),
    Target("SH21", "R by case of those infected from 1 to 27 March", "ratio",
           lambda r: q.r_by_case(q.between(r, "2022-03-01", "2022-03-27")),
           "2022-03-01", "2022-04-15",
           note="\"well above 1\" is read as 1 or more; arrivals count as infectors"),
    Target("SH22", "infected residents", "share",
           lambda r: q.total(r["infections"]) / float(r["population"].sum()), *SPRING,
           note="all infections of the run, found or not"),
    Target("SH23", "admitted to hospital over infected", "share",
           lambda r: q.ratio(q.total(r["admissions"]), q.total(r["infections"])), *SPRING,
           note="reported: severe or critical; simulated: admissions to a ward or intensive care"),
    Target("SH24", "most severe and critical patients at once", "number", q.severe_at_once,
           "2022-03-01", "2022-05-18", note="simulated: persons in wards and intensive care"),
    *(
        Target("SH26", f"residents of sealed zones, {date[5:]}", "number",
               lambda r, date=date: q.total(  # type: ignore[misc]
                   q.on(r, date)["persons_by_tier"].sel(tier="sealed")),
               date, date, part=part)
        for part, date in enumerate(("2022-04-12", "2022-04-20", "2022-04-28", "2022-05-15"))
    ),
)  # fmt: skip

NEEDED = {
    "SH20": "speed of the front: the day of the first case of each subdistrict (one array of"
    " n_subdistricts) and the positions of subdistricts, which the population has for travel",
    "SH25": "household attack rate of adults: the events of the run (who infected whom) joined with"
    " households; the reported 0.77 is of households of ill children, which are selected, and"
    " tracing studies find 0.43 (0.34 to 0.52), so it is no target for all households",
}
"""What the other targets would need."""


def numbers_in(cell: str) -> list[float]:
    """Return the numbers of a cell such as ``16 / 12``, ``15.01M / 11.88M`` or ``2022-04-17``."""
    found = []
    for part in str(cell).replace(";", " / ").split(" / "):
        text = part.strip()
        if text[4:5] == "-" and text[7:8] == "-":
            found.append(q.day_of(text))
        elif text.endswith("M"):
            found.append(float(text[:-1]) * 1e6)
        else:
            found.append(float(text))
    return found


def reported_targets() -> pd.DataFrame:
    """Return the table of targets that ships with Lazaretto, indexed by identifier."""
    path = files("lazaretto").joinpath("data/validation_targets.csv")
    with path.open("rb") as file:
        return pd.read_csv(file, dtype=str).set_index("id")


def reported(target: Target, table: pd.DataFrame) -> Reported:
    """Return the reported number of a target."""
    row = table.loc[target.key]
    if target.key == "SH21":
        return Reported(float("nan"), low=1.0)
    low, high = (float(str(row[side])) for side in ("low", "high"))  # an empty cell reads nan
    return Reported(numbers_in(str(row["value"]))[target.part], low, high)


def row_of(target: Target, runs: xr.Dataset, real: Reported) -> Row:
    """Return the line of one target.

    Parameters
    ----------
    target
        What is compared.
    runs
        Labelled results with a replicate axis.
    real
        The reported number.
    """
    said = written(real.value, target.kind) if not np.isnan(real.value) else "1 or more"
    if not np.isnan(real.low) and not np.isnan(real.high):
        low, high = written(real.low, target.kind), written(real.high, target.kind)
        said += f" ({low} to {high})"
    dates = q.days_of(runs)
    if dates[0] > q.day_of(target.first) or dates[-1] < q.day_of(target.last):
        return Row(target.key, target.what, said, "", "the run does not cover these days", "")
    try:
        values = target.number(runs)
    except KeyError:
        return Row(target.key, target.what, said, "", "not counted in this run", "")
    known = values[~np.isnan(values)]
    simulated = "none"
    if known.size:
        simulated = written(float(np.median(known)), target.kind)
        if known.size > 1:
            low, high = (written(float(end), target.kind) for end in (known.min(), known.max()))
            simulated += f" ({low} to {high})"
    if 0 < known.size < values.size:
        simulated += f" in {known.size} of {values.size} runs"
    judged = verdict(values, real, target.kind)
    return Row(target.key, target.what, said, simulated, judged, target.note)


def rows_of(results: xr.Dataset) -> list[Row]:
    """Return the table of targets for the results of a run.

    Parameters
    ----------
    results
        Labelled results of one or many replicates.
    """
    runs = results if "replicate" in results.dims else results.expand_dims("replicate")
    table = reported_targets()
    found = [row_of(target, runs, reported(target, table)) for target in TARGETS]
    found += [Row(key, str(table.loc[key, "quantity"]), str(table.loc[key, "value"]), "",
                  "not computed", f"needs {needed}") for key, needed in NEEDED.items()]  # fmt: skip
    return sorted(found, key=lambda row: row.key[:4])


def page(results: xr.Dataset, fit: Mapping[str, Any] | None = None) -> str:
    """Return the page of targets in Markdown.

    Parameters
    ----------
    results
        Labelled results of one or many replicates.
    fit
        What a calibration found (its ``fit-report.json``), for its scores on held-out days.
    """
    rows, beside = rows_of(results), other_rows(results)
    attrs = results.attrs
    runs = results.sizes.get("replicate", 1)
    judged = [row.verdict for row in rows if row.simulated]
    inside = sum(met(said) for said in judged)
    return "\n".join(
        [
            "# Shanghai, spring 2022: published numbers",
            "",
            f"Made by `lazaretto.studies.targets` from {runs} replicate{'s' if runs != 1 else ''}"
            f" of `{attrs.get('scenario')}` (digest {str(attrs.get('digest', 'unknown'))[:12]},"
            f" Lazaretto {attrs.get('version')}). Do not edit by hand.",
            "",
            f"**{inside} of {len(judged)} numbers are inside the reported range or the simulated"
            f" band.** Simulated: median over replicates (lowest to highest). {_band(results)}"
            " Some of these data were used to tune the scenario, see"
            " [shanghai-2022.md](shanghai-2022.md); agreement with those is a description and no"
            " test. What people did under the policy"
            " has tests of its own, B1 to B20: [behaviour.md](behaviour.md#what-was-tested).",
            "",
            *_markdown(rows),
            "",
            "## Beside the targets",
            "",
            "Numbers from the press and from bulletins that no target holds.",
            "",
            *_markdown(beside),
            "",
            *scores(fit),
        ]
    )


def _band(results: xr.Dataset) -> str:
    """Return what the band over replicates holds, in a sentence."""
    if "drawn" in results.variables:
        return (
            f"The replicates are of {len(draws_in(results))} draws of the fitted numbers, so the"
            " band holds what the data leave open of them, and chance; it does not hold what is"
            " unknown of the others."
        )
    return (
        "The band holds chance only, not what is unknown of parameters: with few replicates it is"
        " narrow."
    )


def scores(fit: Mapping[str, Any] | None) -> list[str]:
    """Return the held-out scores of a calibration as lines of Markdown; none without one."""
    if fit is None:
        return []
    return [
        "## Held out",
        "",
        f"`lazaretto calibrate {fit['calibration']}`, {fit['runs']:,} runs, data to "
        f"{fit['data_until']}: [the whole fit report](shanghai-2022-fit.md).",
        "",
        *held_out(fit["held_out"]),
        "",
    ]


def other_rows(results: xr.Dataset) -> list[Row]:
    """Return lines for press figures on tests and tracing, and the age of the dead."""
    runs = results if "replicate" in results.dims else results.expand_dims("replicate")
    data = files("lazaretto").joinpath("data")
    with data.joinpath("shanghai_2022_capacity_and_mobility_points.csv").open("rb") as file:
        points = pd.read_csv(file).set_index("quantity")["value"]
    with data.joinpath("shanghai_2022_deaths_by_day.csv").open("rb") as file:
        dead = pd.read_csv(file).dropna(subset="mean_age")
    age = float((dead["deaths"] * dead["mean_age"]).sum() / dead["deaths"].sum())
    day = "2022-04-04"
    others = (
        (Target("tests", "persons sampled on 4 April", "number",
                lambda r: q.total(q.on(r, day)["samples"]), day, day),
         float(points["citywide_pcr_persons_sampled"])),
        (Target("tests", "persons sampled in Pudong on 28 March", "number",
                lambda r: q.total(q.on(r, "2022-03-28").sel(district=["Pudong"])["samples"])
                if "Pudong" in r["district"].values else np.full(r.sizes["replicate"], np.nan),
                "2022-03-28", "2022-03-28",
                note="the reported round took in the parts of the first batch outside Pudong"),
         float(points["tests_first_day_pudong"])),
        (Target("deaths", "mean age of the dead, years", "ratio", q.mean_age_of_dead, *SPRING,
                note="simulated from five-year bands, 85 and over taken as 90"), age),
    )  # fmt: skip
    return [row_of(target, runs, Reported(value)) for target, value in others]


def _markdown(rows: Iterable[Row]) -> list[str]:
    lines = ["| target | what | reported | simulated | verdict | note |",
             "| --- | --- | ---: | ---: | --- | --- |"]  # fmt: skip
    for row in rows:
        cells = (row.key, row.what, row.reported, row.simulated, row.verdict, row.note)
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page of targets of a run folder."""
    parser = argparse.ArgumentParser(prog="python -m lazaretto.studies.targets")
    parser.add_argument("run", type=Path, help="run folder")
    parser.add_argument("page", type=Path, help="Markdown file to write")
    parser.add_argument("--fit", type=Path, help="fit-report.json of a calibration")
    given = parser.parse_args(arguments)
    if given.fit is not None and not given.fit.is_file():
        parser.error(f"{given.fit} is no file; give the fit-report.json of a calibration")
    trajectories = given.run / "trajectories.nc"
    if not trajectories.is_file():
        parser.error(f"{given.run} has no trajectories.nc; give the folder of a finished run")
    results = xr.load_dataset(trajectories, engine="h5netcdf")
    fit = None if given.fit is None else json.loads(given.fit.read_text(encoding="utf-8"))
    given.page.write_text(page(results, fit), encoding="utf-8")


if __name__ == "__main__":
    main()
