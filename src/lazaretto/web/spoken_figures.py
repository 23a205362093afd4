"""Figures in another language: headings, axes, legends and dates; their data left as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lazaretto.report.appearance import THOUSANDS
from lazaretto.report.both_pans import SMALL_AND_LARGE
from lazaretto.web.phrases import Say
from lazaretto.web.spoken import words

WRITTEN = ("title", "text", "format", "description")
"""Keys of a specification that hold what is written."""

LEGENDS = {"color": "legend", "facet": "header", "x": "axis", "y": "axis"}
"""Channels whose labels are names, and where their labels are described."""

LARGE = (
    "datum.value >= 1e8 ? format(datum.value / 1e8, '~r') + ' 亿'"
    " : datum.value >= 1e4 ? format(datum.value / 1e4, '~r') + ' 万'"
)
NUMBERS = {
    THOUSANDS: f"{LARGE} : format(datum.value, ',')",
    SMALL_AND_LARGE: f"{LARGE} : format(datum.value, '~r')",
}
"""Vega expressions for large numbers, and what they are in Chinese."""


def figure_said(figure: dict[str, Any], code: str, say: Say) -> dict[str, Any]:
    """Return a figure in a language.

    Parameters
    ----------
    figure
        As `lazaretto.report.page.specified` returns it.
    code, say
        The language, and what says words in it.
    """
    if not words(code):
        return figure
    names = {text for spec in figure["specs"].values() for text in _domains(spec)}
    names |= {text for table in figure["data"].values() for column in table.values()
              for text in column if isinstance(text, str)}  # fmt: skip
    said = {name: say(name) for name in sorted(names) if say(name) != name}
    specs = {size: _said(spec, say, json.dumps(said)) for size, spec in figure["specs"].items()}
    return figure | {"specs": specs}


def _domains(part: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the names that scales have."""
    if isinstance(part, dict):
        domain = part.get("domain")
        if isinstance(domain, list):
            yield from (each for each in domain if isinstance(each, str))
        for value in part.values():
            yield from _domains(value)
    elif isinstance(part, list):
        for value in part:
            yield from _domains(value)


def _said(part: Any, say: Say, names: str) -> Any:  # noqa: ANN401 - any JSON
    """Return a part of a specification; `names` is a Vega expression of words by name."""
    if isinstance(part, list):
        return [_said(each, say, names) for each in part]
    if not isinstance(part, dict):
        return part
    made = {key: _said(value, say, names) for key, value in part.items()}
    for key in WRITTEN:
        if key in made:
            made[key] = _written(made[key], say)
    if made.get("labelExpr") in NUMBERS:
        made["labelExpr"] = NUMBERS[made["labelExpr"]]
    for channel, labels in LEGENDS.items():
        if _named(made.get(channel)) and isinstance(made[channel].get(labels, {}), dict):
            label = {"labelExpr": f"{names}[datum.label] || (datum.label)"}
            made[channel] = made[channel] | {labels: label | made[channel].get(labels, {})}
    if "encoding" in made:
        _in_data(made, say, names)
    return made


def _in_data(view: dict[str, Any], say: Say, names: str) -> None:
    """Say the names that a view writes from its data: as text, and under the pointer."""
    encoding = view["encoding"]
    told = encoding.get("tooltip", [])
    wanted = [each for each in (*(told if isinstance(told, list) else [told]),
                                encoding.get("text", {})) if "field" in each]  # fmt: skip
    for each in wanted:
        each.setdefault("title", say(each["field"]))
    fields = [each["field"] for each in wanted if _named(each)]
    for each in wanted:
        each["field"] += "_said" if _named(each) else ""
    view["transform"] = view.get("transform", []) + [
        {"calculate": f"{names}[datum.{field}] || datum.{field}", "as": f"{field}_said"}
        for field in dict.fromkeys(fields)
    ]


def _named(channel: Any) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(channel, dict) and channel.get("type") == "nominal" and "field" in channel


def _written(text: Any, say: Say) -> Any:  # noqa: ANN401 - any JSON
    """Return what is written, said; a title of several lines as one where it is known."""
    if isinstance(text, list) and all(isinstance(each, str) for each in text):
        whole = say(" ".join(text))
        return [whole] if whole != " ".join(text) else [say(each) for each in text]
    return say(text) if isinstance(text, str) else text
