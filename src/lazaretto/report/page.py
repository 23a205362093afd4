"""The report: one HTML file that needs no network, no server and, if need be, no JavaScript."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.compiled import cache_folder
from lazaretto.outcomes.aims import Aim
from lazaretto.outcomes.ledger import ledger
from lazaretto.outcomes.proportionality import Structures
from lazaretto.provenance import Figure
from lazaretto.report.appearance import AFTER_DARK, LAYOUTS, specification
from lazaretto.report.beside import Beside, beside_figure, beside_lines
from lazaretto.report.confined import person_days_table
from lazaretto.report.contained import CARE_COLUMNS, care_table, has, isolation_table, severe
from lazaretto.report.figure import ReportFigure
from lazaretto.report.figures import report_figures
from lazaretto.report.files import vega_lite_version
from lazaretto.report.fit import compare, fit_table
from lazaretto.report.headline import QUESTION, changed_in, headline, wave
from lazaretto.report.judged import aim_words, flips_words, judged
from lazaretto.report.ledger_tables import (
    ledger_lines,
    ledger_words,
    missing_words,
    pans,
    unit_value_groups,
)
from lazaretto.report.message_reach import MessageReach
from lazaretto.report.parameters import figures_of, parameter_groups, parameter_rows
from lazaretto.report.people_figures import adherence_misfit, people_notes
from lazaretto.report.replicates import with_replicates
from lazaretto.report.statements import (
    aim_line,
    changed,
    confinement_numbers,
    cost_numbers,
    limits,
    measure_rows,
    provenance,
    range_words,
    subtitle,
    wave_numbers,
)
from lazaretto.report.stock_figure import WAITED_NOTE, ran_short
from lazaretto.report.travel_table import travel_rows
from lazaretto.whole_files import write_whole

if TYPE_CHECKING:
    import jinja2


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
    announced: pd.DataFrame | None = None,
    reach: MessageReach | None = None,
    less_restrictive: xr.Dataset | None = None,
    aim: Aim | None = None,
    structures: Structures | None = None,
    support: Collection[str] | None = None,
    flips: Sequence[str] | None = None,
    unsupported: xr.Dataset | None = None,
    beside: Beside | None = None,
) -> Path:
    """Write the report of a scenario as one HTML file and return its path.

    Parameters
    ----------
    results
        Labelled results of one run (`outcomes.dataset`) or many (`outcomes.side_by_side`).
    path
        The file to write; an existing one is replaced once the new one is complete.
    observed
        Real cases by day: columns date, new_infections and perhaps gross, deaths,
        share_in_quarantine.
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
    announced
        Announced residents by zone: columns date, tier, persons.
    reach
        How far messages go under the rules of the scenario.
    less_restrictive
        Results of the next less restrictive policy; without it necessity, proportionality and
        review are not judged.
    aim
        What the policy is for; fewer than 100 infections on the last day if none is stated.
    structures, support, flips, unsupported
        As for `lazaretto.outcomes.proportionality.proportionality`.
    beside
        Another policy to be set beside this one.
    """
    costs = ledger(results)
    figures = report_figures(
        results, observed, observed_by_district, measures, generation, announced, reach, costs
    )
    if beside is not None:
        figures.append(beside_figure(results, beside))
    pictures = [drawn(figure) for figure in figures]
    fit = compare(results, observed, observed_by_district)
    meant = fit is not None and not changed_in(results) and not wave(results).untested
    verdict = fit.verdict if fit is not None and meant else None
    groups = figures_of(assumed, results)
    n_fitted = sum(figure.status == "fitted" for _, figure in groups["scenario"])
    html = template("report.html.j2").render(
        title=str(results.attrs.get("title") or "Simulation"),
        scenario=str(results.attrs.get("scenario") or "unnamed scenario"),
        subtitle=subtitle(results),
        question=QUESTION,
        aim_line=aim_line(results, aim),
        headline=headline(results, observed, observed_by_district),
        changed=changed(results),
        verdict=verdict,
        wave_numbers=wave_numbers(results, fit),
        confinement_numbers=confinement_numbers(results) + cost_numbers(costs),
        misfit=adherence_misfit(results),
        figures=pictures,
        person_days=person_days_table(results),
        travelled=travel_rows(results),
        isolated=isolation_table(results) if has(results, "held") else [],
        care_columns=CARE_COLUMNS,
        cared_for=care_table(results) if severe(results) else [],
        ran_short=ran_short(results) if "stock_used" in results else [],
        waited_note=WAITED_NOTE,
        people_notes=people_notes(
            results, bool(groups["behaviour"]), [str(each["measure"]) for each in measures]
        ),
        ledger_words=ledger_words(with_replicates(results).sizes["replicate"]),
        ledger_lines=pans(ledger_lines(costs)),
        missing=missing_words(costs),
        unit_values=[
            (f"{name} ({len(found)})", parameter_rows(found)) for name, found in unit_value_groups()
        ],
        aim_words=aim_words(aim),
        answers=judged(results, less_restrictive, aim, structures, support, flips, unsupported),
        beside=beside,
        beside_lines=[] if beside is None else beside_lines(beside),
        flips=list(flips or ()),
        flips_words=flips_words(flips),
        fit_rows=fit_table(fit) if fit is not None and meant else [],
        range_words=range_words(results),
        measure_rows=measure_rows(results, measures),
        parameters=parameter_groups(assumed, results),
        n_fitted=n_fitted,
        provenance=provenance(results),
        sources=list(sources),
        limits=limits(results, n_fitted if meant else 0, fit is not None),
        specs=_json({item["name"]: item["specs"] for item in pictures}),
        data=_json({name: table for item in pictures for name, table in item["data"].items()}),
        dark=dark_rules(),
        bundle=bundle(),
    )
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, html)
    return target


def drawn(figure: ReportFigure) -> dict[str, Any]:
    """Return a figure as the page needs it: specifications, data once, and still pictures."""
    import vl_convert

    said = specified(figure)
    stills = {}
    for size, spec in said["specs"].items():
        tables = {name: _rows(columns) for name, columns in said["data"].items()}
        whole = spec | {"datasets": tables}
        still = vl_convert.vegalite_to_svg(whole, vl_version=vega_lite_version())
        stills[size] = _inline(still, f"{figure.name}-{size}")
    return said | {"stills": stills}


def specified(figure: ReportFigure) -> dict[str, Any]:
    """Return a figure as a browser draws it: a specification for each size, data once by column.

    Parameters
    ----------
    figure
        The figure.
    """
    specs, data, text = {}, {}, ""
    for size, layout in LAYOUTS.items():
        spec = specification(figure.draw(layout))
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
    }


def template(name: str) -> jinja2.Template:
    """Return a template of a page, which fails where it is given too little.

    Parameters
    ----------
    name
        File of the template.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lazaretto.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=unbroken,
    )
    return environment.get_template(name)


def unbroken(value: object) -> object:
    """Return text in which a number stays on one line with its per cent sign."""
    return value.replace(" %", "\u00a0%") if type(value) is str else value


def _columns(table: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as columns: the names are then written once, not once a row."""
    names = list(table[0]) if table else []
    return {name: [row[name] for row in table] for name in names}


def _rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Return columns as rows again."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


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


def bundle() -> str:
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


def dark_rules() -> str:
    """Return style rules that turn the colours of figures for a dark page."""
    return "\n".join(
        f'figure svg [fill="{light}"]{{fill:{dark}}}figure svg [stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in AFTER_DARK.items()
    )
