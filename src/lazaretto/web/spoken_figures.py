"""Figures in another language: headings and legends, their data left as they are."""

from __future__ import annotations

import json
from typing import Any

from lazaretto.web.spoken import Say, words

HEADINGS = ("title", "text")
"""Keys of a specification that hold what is written over a panel."""


def figure_said(figure: dict[str, Any], code: str, say: Say) -> dict[str, Any]:
    """Return a figure whose headings and legends are in a language.

    Parameters
    ----------
    figure
        As `lazaretto.report.page.specified` returns it.
    code, say
        The language, and what says words in it.
    """
    if not words(code):
        return figure
    specs = {size: _said(spec, say, _labels(spec, figure["data"], say))
             for size, spec in figure["specs"].items()}  # fmt: skip
    return figure | {"specs": specs, "heading": say(figure["heading"])}


def _labels(spec: dict[str, Any], data: dict[str, dict[str, list[Any]]], say: Say) -> str:
    """Return a Vega expression that says the labels of legends which have words."""
    found = {text for part in (*_domains(spec), *_columns(data)) for text in part
             if isinstance(text, str) and say(text) != text}  # fmt: skip
    said = "datum.label"
    for text in sorted(found):
        said = f"datum.label == {json.dumps(text)} ? {json.dumps(say(text))} : {said}"
    return said if found else ""


def _domains(part: Any) -> list[list[Any]]:  # noqa: ANN401 - any JSON
    if isinstance(part, dict):
        own = [part["domain"]] if isinstance(part.get("domain"), list) else []
        return own + [each for value in part.values() for each in _domains(value)]
    if isinstance(part, list):
        return [each for value in part for each in _domains(value)]
    return []


def _columns(data: dict[str, dict[str, list[Any]]]) -> list[set[Any]]:
    return [
        {value for value in column if isinstance(value, str)}
        for table in data.values() for column in table.values()
    ]  # fmt: skip


def _said(part: Any, say: Say, labels: str) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(part, list):
        return [_said(each, say, labels) for each in part]
    if not isinstance(part, dict):
        return part
    made = {key: _said(value, say, labels) for key, value in part.items()}
    for key in HEADINGS:
        if isinstance(made.get(key), str):
            made[key] = say(made[key])
        elif isinstance(made.get(key), list):
            made[key] = [say(each) if isinstance(each, str) else each for each in made[key]]
    color = made.get("color")
    if labels and isinstance(color, dict) and color.get("type") == "nominal":
        legend = color.get("legend", {})
        if isinstance(legend, dict):
            made["color"] = color | {"legend": {"labelExpr": labels, **legend}}
    return made
