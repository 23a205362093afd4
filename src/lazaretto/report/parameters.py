"""The parameters behind a run by what they belong to, the assumed ones first."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from lazaretto.provenance import Figure

STATUS_ORDER = ("assumed", "fitted", "measured")


def figures_of(
    figures: Sequence[tuple[str, Figure]], results: xr.Dataset
) -> dict[str, list[tuple[str, Figure]]]:
    """Return parameters by what they belong to: scenario, behaviour, disease, people."""
    groups: dict[str, list[tuple[str, Figure]]] = {
        name: [] for name in ("scenario", "behaviour", "disease", "people")
    }
    disease = str(results.attrs.get("disease"))
    for key, figure in figures:
        head = key.partition(".")[0]
        name = head if head in {"behaviour", "people"} else "scenario"
        groups["disease" if head == disease else name].append((key, figure))
    return groups


BEHAVIOUR_WORDS = {
    "leakage": "leakage",
    "fatigue": "fatigue",
    "hardship": "hardship: food, care, income",
    "risk": "perceived risk",
    "trust": "trust",
    "breakouts": "break-outs",
    "messages": "messages",
    "few_active": "few active (Hu et al. 2023)",
}
"""Sections of the behaviour of a scenario, as headings."""


def behaviour_sections(
    figures: Sequence[tuple[str, Figure]],
) -> list[tuple[str, list[tuple[str, Figure]]]]:
    """Return heading and parameters of each section of behaviour, in the order of the scenario.

    Parameters
    ----------
    figures
        Parameters whose key begins with ``behaviour.``.
    """
    sections: dict[str, list[tuple[str, Figure]]] = {}
    for key, figure in figures:
        _, section, *rest = key.split(".")
        words = BEHAVIOUR_WORDS.get(section, section) if rest else "enforcement"
        sections.setdefault(f"Behaviour, {words}", []).append((key, figure))
    return list(sections.items())


def parameter_groups(
    assumed: Sequence[tuple[str, Figure]], results: xr.Dataset
) -> list[tuple[str, bool, list[tuple[str, str, str, str, str]]]]:
    """Return heading, whether it is open, and rows of each group; assumed ones by themselves."""
    groups = figures_of(assumed, results)
    own = groups["scenario"]
    parts = [
        ("Scenario, assumed", True, [p for p in own if p[1].status == "assumed"]),
        ("Scenario, fitted or measured", False, [p for p in own if p[1].status != "assumed"]),
        *((name, False, found) for name, found in behaviour_sections(groups["behaviour"])),
        ("Disease", False, groups["disease"]),
        ("People and places", False, groups["people"]),
    ]
    return [
        (f"{name} ({len(found)})", opened, parameter_rows(found))
        for name, opened, found in parts
        if found
    ]


def parameter_rows(assumed: Sequence[tuple[str, Figure]]) -> list[tuple[str, str, str, str, str]]:
    """Return rows: key, value with its range, unit, status, why; the assumed ones first."""
    ordered = sorted(assumed, key=lambda pair: STATUS_ORDER.index(pair[1].status))
    rows: list[tuple[str, str, str, str, str]] = []
    for key, figure in ordered:
        value = f"{figure.value:g}"
        if figure.low is not None and figure.high is not None:
            value += f" ({figure.low:g} to {figure.high:g})"
        elif figure.low is not None or figure.high is not None:
            value += (
                f" (from {figure.low:g})" if figure.high is None else f" (up to {figure.high:g})"
            )
        why = "; ".join(part.rstrip(".") for part in (figure.source, figure.note) if part)
        rows.append((key, value, figure.unit, figure.status, why))
    return rows
