"""Figures as files that stand alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lazaretto.report.appearance import specification

if TYPE_CHECKING:
    import altair as alt


def save_chart(chart: alt.ChartType, path: Path) -> None:
    """Write a finished chart to a file ending in .svg, .png, .pdf or .json.

    Parameters
    ----------
    chart
        The chart.
    path
        The file.
    """
    import vl_convert

    spec, version = _standing_alone(chart)
    content: bytes
    if path.suffix == ".svg":
        content = vl_convert.vegalite_to_svg(spec, vl_version=version).encode()
    elif path.suffix == ".pdf":
        content = vl_convert.vegalite_to_pdf(spec, vl_version=version)
    elif path.suffix == ".png":
        content = vl_convert.vegalite_to_png(spec, vl_version=version, scale=2)
    else:
        content = json.dumps(spec, ensure_ascii=False).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def save_in_all_formats(chart: alt.ChartType, folder: Path, name: str) -> list[Path]:
    """Write a finished chart as Vega-Lite, SVG and PNG; return the files.

    Parameters
    ----------
    chart
        The chart.
    folder
        Where the files go, which must be there.
    name
        Name of the files without their endings.
    """
    import vl_convert

    spec, version = _standing_alone(chart)
    svg = vl_convert.vegalite_to_svg(spec, vl_version=version)
    written = []
    for ending, content in (
        (".vl.json", json.dumps(spec, ensure_ascii=False).encode()),
        (".svg", svg.encode()),
        (".png", vl_convert.svg_to_png(svg, scale=2)),
    ):
        path = folder / f"{name}{ending}"
        path.write_bytes(content)
        written.append(path)
    return written


def _standing_alone(chart: alt.ChartType) -> tuple[dict[str, Any], str]:
    """Return the specification of a chart that may end up on any background, and its version."""
    spec = specification(chart)
    spec["config"] = {**spec["config"], "background": "white", "padding": 16}
    return spec, vega_lite_version()


def vega_lite_version() -> str:
    """Return the version of Vega-Lite that the charts are written for: "6.4"."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
