"""A figure of a study as a file: the ending says the format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

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

    from lazaretto.report.figures import vega_lite_version

    spec = specification(chart)
    spec["config"] = {**spec["config"], "background": "white", "padding": 16}
    version = vega_lite_version()
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
