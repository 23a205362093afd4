"""The reference page of the variants, written from their figures: ``docs/diseases.md``.

Write it anew with ``python -m lazaretto.disease.reference docs/diseases.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from lazaretto.disease.catalogue import VARIANTS
from lazaretto.disease.course_table import CourseTable, courses
from lazaretto.disease.natural_history import Variant
from lazaretto.provenance import Figure

HEAD = """# Natural history of the variants

This page is written from the code by `python -m lazaretto.disease.reference docs/diseases.md`; a
test fails when it is out of date. Status: *measured* was read in the source named (a figure that
the note calls recalled was not read again here), *fitted* was set so that something measured comes
out, *assumed* has no direct source and is listed in every report.

A person is infected on day 0 and transmits from day 1 at the earliest. Latent period, time from
the end of it to a transmission, and time from the end of it to symptoms are gamma distributed and
turned into differences of dates in a way that keeps the mean (an interval starts at any time of
day); what would fall on day 0 is moved to day 1. Individual infectiousness is gamma distributed
with mean 1 in 8 bins. Growth rates are roots of the Euler-Lotka equation in whole days (Wallinga
and Lipsitch 2007, doi 10.1098/rspb.2006.3754). The generation interval is the intrinsic one: of a
table, not of observed pairs, whose mean depends on whether the epidemic grows.
"""

IMPLIED = {
    "incubation_mean": ("Mean incubation period", "days", "mean_incubation"),
    "generation_mean": ("Mean generation interval", "days", "mean_generation_interval"),
    "presymptomatic_share": ("Transmission before symptoms", "share", "presymptomatic_share"),
}
"""What a table implies: key of the check, title, unit, property of `CourseTable`."""


def diseases_page() -> str:
    """Return the reference page as Markdown."""
    parts = [HEAD]
    for variant in VARIANTS.values():
        parts.append("\n".join(_section(variant)))
    return "\n".join(parts)


def _section(variant: Variant) -> Iterator[str]:
    table = courses(variant)
    yield f"## {variant.title} (`{variant.name}`)\n"
    yield "### What its table implies\n"
    yield "| quantity | table | published | inside | source |"
    yield "| --- | ---: | --- | --- | --- |"
    yield f"| Mean latent period, days | {table.mean_latent:.2f} | | | |"
    checks = dict(variant.checks)
    for key, (title, unit, attribute) in IMPLIED.items():
        yield _implied(f"{title}, {unit}", getattr(table, attribute), checks.get(key))
    for number in (2, 4):
        rate = table.growth_rate(number)
        yield f"| Growth rate at R = {number}, per day | {rate:.3f} | | | |"
    yield f"| SD of the generation interval, days | {_generation_sd(table):.2f} | | | |"
    yield f"| Variance of individual infectiousness kept by 8 bins | {_kept(variant):.0%} | | | |"
    yield "\n### Its figures\n"
    yield "| figure | value | interval | unit | status | source | note |"
    yield "| --- | ---: | --- | --- | --- | --- | --- |"
    for key, figure in variant.figures():
        yield (
            f"| `{key}` | {figure.value:g} | {_interval(figure)} | {figure.unit} | "
            f"{figure.status} | {figure.source} | {figure.note} |"
        )
    yield ""


def _implied(title: str, value: float, check: Figure | None) -> str:
    if check is None:
        return f"| {title} | {value:.2f} | none found | | |"
    inside = ""
    if check.low is not None and check.high is not None:
        inside = "yes" if check.low <= value <= check.high else "**no**"
    source = check.source + (f"; {check.note}" if check.note else "")
    interval = _interval(check)
    published = f"{check.value:g} ({interval})" if interval else f"{check.value:g}"
    return f"| {title} | {value:.2f} | {published} | {inside} | {source} |"


def _interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{figure.low:g} to {figure.high:g}"


def _generation_sd(table: CourseTable) -> float:
    interval = table.generation_interval()
    days = range(table.n_days)
    mean = table.mean_generation_interval
    return float(sum(p * (d - mean) ** 2 for d, p in zip(days, interval, strict=True)) ** 0.5)


def _kept(variant: Variant) -> float:
    table = courses(variant)
    multiplier = table.infectiousness.sum(axis=1)
    variance = float(table.probability[1] @ multiplier**2) - 1.0
    return variance * variant.dispersion.value


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(diseases_page(), encoding="utf-8")
