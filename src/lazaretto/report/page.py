"""The report: one HTML file that needs no network, no server and, if need be, no JavaScript."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.compiled import cache_folder
from lazaretto.provenance import Figure
from lazaretto.report.appearance import AFTER_DARK, LAYOUTS, specification
from lazaretto.report.chronicle import measure_table
from lazaretto.report.confined import LONG_STAY, burden, person_days_table
from lazaretto.report.figures import (
    ReportFigure,
    report_figures,
    vega_lite_version,
)
from lazaretto.report.fit import Fit, compare, fit_table
from lazaretto.report.headline import QUESTION, changed_in, headline, wave
from lazaretto.report.replicates import FEWEST_RUNS_FOR_BAND, SMALLEST_AREA, with_replicates
from lazaretto.report.wording import day, days, exactly, people, short_day

STATUS_ORDER = ("assumed", "fitted", "measured")


def report(
    results: xr.Dataset,
    path: Path | str,
    *,
    observed: pd.DataFrame | None = None,
    observed_by_district: pd.DataFrame | None = None,
    measures: Sequence[dict[str, Any]] = (),
    assumed: Sequence[tuple[str, Figure]] = (),
    generation: NDArray[np.float64] | None = None,
    sources: Sequence[tuple[str, str, str]] = (),
) -> Path:
    """Write the report of a scenario as one HTML file and return its path.

    Parameters
    ----------
    results
        Labelled results of one run (`outcomes.dataset`) or many (`outcomes.side_by_side`).
    path
        The file to write; an existing one is replaced once the new one is complete.
    observed
        Real cases by day: columns date, new_infections and perhaps gross.
    observed_by_district
        Real cases by district: columns date, district, new_infections.
    measures
        The measures of the scenario: name, measure, areas, from, to, tier and parameters.
    assumed
        The parameters to be listed, by key.
    generation
        Generation-interval distribution by day, index 1 is one day.
    sources
        Data behind the run: what, source, licence.
    """
    import jinja2

    figures = report_figures(results, observed, observed_by_district, measures, generation)
    drawn = [_drawn(figure) for figure in figures]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lazaretto.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_unbroken,
    )
    fit = compare(results, observed, observed_by_district)
    meant = fit is not None and not changed_in(results) and not wave(results).untested
    verdict = fit.verdict if fit is not None and meant else None
    n_fitted = sum(figure.status == "fitted" for _, figure in _of(assumed, results)["scenario"])
    html = environment.get_template("report.html.j2").render(
        title=str(results.attrs.get("title") or "Simulation"),
        scenario=str(results.attrs.get("scenario") or "unnamed scenario"),
        subtitle=_subtitle(results),
        question=QUESTION,
        headline=headline(results, observed, observed_by_district),
        changed=_changed(results),
        verdict=verdict,
        wave_numbers=_wave_numbers(results, fit),
        confinement_numbers=_confinement_numbers(results),
        figures=drawn,
        person_days=person_days_table(results),
        fit_rows=fit_table(fit) if fit is not None and meant else [],
        range_words=_range_words(results),
        measure_rows=_measure_rows(results, measures),
        parameters=_parameter_groups(assumed, results),
        n_fitted=n_fitted,
        provenance=_provenance(results),
        sources=list(sources),
        limits=_limits(results, n_fitted if meant else 0, fit is not None),
        specs=_json({item["name"]: item["specs"] for item in drawn}),
        data=_json({name: table for item in drawn for name, table in item["data"].items()}),
        dark=_dark_rules(),
        bundle=_bundle(),
    )
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.unfinished")
    unfinished.write_text(html, encoding="utf-8")
    unfinished.replace(target)
    return target


def _drawn(figure: ReportFigure) -> dict[str, Any]:
    """Return a figure as the page needs it: specifications, data once, and still pictures."""
    import vl_convert

    specs, data, stills, text = {}, {}, {}, ""
    for size, layout in LAYOUTS.items():
        spec = specification(figure.draw(layout))
        still = vl_convert.vegalite_to_svg(spec, vl_version=vega_lite_version())
        stills[size] = _inline(still, f"{figure.name}-{size}")
        text = spec.get("description", figure.heading)
        data = {name: _columns(table) for name, table in spec.pop("datasets").items()}
        specs[size] = spec
    return {
        "name": figure.name,
        "part": figure.part,
        "heading": figure.heading,
        "caption": figure.caption,
        "text": text,
        "specs": specs,
        "data": data,
        "stills": stills,
    }


def _unbroken(value: object) -> object:
    """Return text in which a number stays on one line with its per cent sign."""
    return value.replace(" %", "\u00a0%") if type(value) is str else value


def _columns(table: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as columns: the names are then written once, not once a row."""
    names = list(table[0]) if table else []
    return {name: [row[name] for row in table] for name in names}


def _inline(svg: str, prefix: str) -> str:
    """Return an SVG for use inside a page: ids of its own, and nothing that does not show.

    Parameters
    ----------
    svg
        As drawn by vl-convert.
    prefix
        Makes its ids unique in the page.
    """
    svg = re.sub(r'<(\w+)(?=[^>]*\s(?:opacity="0"|display="none"))[^>]*(?:/>|>[^<]*</\1>)', "", svg)
    svg = re.sub(r'\s(?:xmlns(?::\w+)?|class|role|aria-[a-z]+|pointer-events)="[^"]*"', "", svg)
    # The page sets the typeface, and an opacity of one is what everything has anyway.
    svg = re.sub(r'\s(?:font-family="[^"]*"|opacity="1")', "", svg)
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}-", svg)
    short = re.compile(r"(\d+\.\d)\d+")
    svg = re.sub(r'\b(?:d|transform)="[^"]*"', lambda found: short.sub(r"\1", found.group()), svg)
    return svg[svg.index("<svg") :]


def _json(value: object) -> str:
    """Return JSON that can stand inside a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script without imports, kept once made."""
    import vl_convert

    versions = f"{version('vl-convert-python')}-{vega_lite_version()}"
    kept = cache_folder() / "report" / f"vega-{versions}.js"
    try:
        return kept.read_text(encoding="utf-8")
    except OSError:
        pass
    made: str = vl_convert.javascript_bundle(vl_version=vega_lite_version())  # type: ignore[call-arg]
    script = made.replace("</script", "<\\/script")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(f".{kept.name}.{os.getpid()}")
        partial.write_text(script, encoding="utf-8")
        partial.replace(kept)
    except OSError:
        pass  # made again next time
    return script


def _dark_rules() -> str:
    """Return style rules that turn the colours of figures for a dark page."""
    return "\n".join(
        f'figure svg [fill="{light}"]{{fill:{dark}}}figure svg [stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in AFTER_DARK.items()
    )


def _changed(results: xr.Dataset) -> str:
    against = results.attrs.get("against") or results.attrs.get("scenario") or "the scenario"
    said = changed_in(results)
    return f"Changed against {against}: {said}" if said else ""


def _range_words(results: xr.Dataset) -> str:
    runs = with_replicates(results).sizes["replicate"]
    if runs == 1:
        return ""
    part = "lowest to highest" if runs < FEWEST_RUNS_FOR_BAND else "90 % of runs"
    return f"Medians of {runs} runs; in brackets: {part}."


def _subtitle(results: xr.Dataset) -> str:
    dates = results["date"].values
    runs = with_replicates(results).sizes["replicate"]
    residents = people(float(results["population"].sum()))
    count = "one run" if runs == 1 else f"{runs} runs"
    return (
        f"{residents} simulated residents, {day(dates[0], year=True)} to"
        f" {day(dates[-1], year=True)}, {count}"
    )


def _wave_numbers(results: xr.Dataset, fit: Fit | None) -> list[tuple[str, str]]:
    size = wave(results)
    share = 100 * size.infected.median / max(float(results["population"].sum()), 1.0)
    peak = "no case was reported" if size.peak_date is None else f"on {day(size.peak_date)}"
    if size.untested:
        known = (exactly(fit.observed_total), "reported in reality") if fit else ("0", "tested")
        return [
            (people(size.infected.median), "people infected in all"),
            (f"{share:.1f} %", "of residents infected"),
            ("none", "reported: nobody was tested"),
            known,
        ]
    return [
        (people(size.reported.median), "infections reported"),
        (exactly(fit.observed_total), "reported in reality")
        if fit
        else (f"{share:.1f} %", "of residents infected"),
        (people(size.peak.median), f"a day at the peak of the 7-day mean, {peak}"),
        (people(size.infected.median), "people infected in all"),
    ]


def _confinement_numbers(results: xr.Dataset) -> list[tuple[str, str]]:
    cost = burden(results)
    return [
        (people(cost.person_days["sealed"].median), "person-days sealed at home"),
        (people(cost.person_days["controlled"].median), "person-days kept in the compound"),
        (people(cost.long_stays.median), f"people kept in {LONG_STAY} days or more unbroken"),
        (days(cost.longest.median), "the longest stay"),
    ]


def _measure_rows(
    results: xr.Dataset, measures: Sequence[dict[str, Any]]
) -> list[tuple[str, str, str, str, str]]:
    table = measure_table(measures, results["date"].values)
    rows = []
    for row in table.to_dict("records"):
        first = "the start" if row["open_start"] else short_day(row["first"])
        last = "the end" if row["open_end"] else short_day(row["last"])
        if not row["inside"]:
            first, last = "outside the run", ""
        rows.append((row["name"], row["where"], first, last, row["details"] or row["kind"]))
    return rows


def _of(
    figures: Sequence[tuple[str, Figure]], results: xr.Dataset
) -> dict[str, list[tuple[str, Figure]]]:
    """Return parameters by what they belong to: the scenario, the disease, the people."""
    groups: dict[str, list[tuple[str, Figure]]] = {"scenario": [], "disease": [], "people": []}
    disease = f"{results.attrs.get('disease')}."
    for key, figure in figures:
        other = "people" if key.startswith("people.") else "scenario"
        groups["disease" if key.startswith(disease) else other].append((key, figure))
    return groups


def _parameter_groups(
    assumed: Sequence[tuple[str, Figure]], results: xr.Dataset
) -> list[tuple[str, bool, list[tuple[str, str, str, str, str]]]]:
    """Return heading, whether it is open, and rows of each group; assumed ones by themselves."""
    groups = _of(assumed, results)
    own = groups["scenario"]
    parts = [
        ("Scenario, assumed", True, [p for p in own if p[1].status == "assumed"]),
        ("Scenario, fitted or measured", False, [p for p in own if p[1].status != "assumed"]),
        ("Disease", False, groups["disease"]),
        ("People and places", False, groups["people"]),
    ]
    return [
        (f"{name} ({len(found)})", opened, _parameter_rows(found))
        for name, opened, found in parts
        if found
    ]


def _parameter_rows(assumed: Sequence[tuple[str, Figure]]) -> list[tuple[str, str, str, str, str]]:
    ordered = sorted(assumed, key=lambda pair: STATUS_ORDER.index(pair[1].status))
    rows: list[tuple[str, str, str, str, str]] = []
    for key, figure in ordered:
        value = f"{figure.value:g}"
        if figure.low is not None and figure.high is not None:
            value += f" ({figure.low:g} to {figure.high:g})"
        why = "; ".join(part.rstrip(".") for part in (figure.source, figure.note) if part)
        rows.append((key, value, figure.unit, figure.status, why))
    return rows


def _provenance(results: xr.Dataset) -> list[tuple[str, str]]:
    attrs = results.attrs
    runs = with_replicates(results)
    if "seed" in runs.coords:
        seeds = ", ".join(str(seed) for seed in np.atleast_1d(runs["seed"].values))
    else:
        seeds = str(attrs.get("seed", "not recorded"))
    recorded = [
        ("Scenario", attrs.get("scenario")),
        ("Digest of the scenario and its inputs", attrs.get("digest")),
        ("Seeds" if "," in seeds else "Seed", seeds),
        ("Lazaretto", attrs.get("version")),
        ("Place", attrs.get("place")),
        ("Disease", attrs.get("disease")),
        ("Basic reproduction number", attrs.get("r0")),
        ("Simulated residents", f"{int(results['population'].sum()):,}"),
    ]
    if "wall_s" in attrs:
        recorded.append(("Simulated days took", f"{float(attrs['wall_s']):.1f} s"))
    return [
        (name, "not recorded" if value is None or value == "" else str(value))
        for name, value in recorded
    ]


def _limits(results: xr.Dataset, n_fitted: int, compared: bool) -> list[str]:
    said = [
        "The people are synthetic. They match census tables in number, age and household, and"
        " none of them is anybody.",
        "This is not a forecast, and it says nothing about any named compound, street or person.",
        f"Nothing is shown for an area of fewer than {SMALLEST_AREA:,} residents by itself, unless"
        " the whole place is smaller.",
        "Confinement is counted in days. Care missed, income lost, hunger and fear are not in"
        " these numbers, and a day sealed in is not the same day for everybody.",
        "Reported cases depend on who was tested and how. Agreement with them is not agreement"
        " with the true number of infections, which nobody knows.",
    ]
    if with_replicates(results).sizes["replicate"] == 1:
        said.append("One run shows one way chance could have fallen; the spread is not shown.")
    else:
        said.append(
            "The bands hold what chance does between runs of the same parameters. They do not"
            " hold what is not known about the parameters, which is more."
        )
    if n_fitted:
        said.append(
            "Some parameters were tuned to the data shown here, so the agreement is a description"
            " and not a test."
        )
    if not compared:
        said.append("There are no data to compare with.")
    return said
