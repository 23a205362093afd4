"""The reference page of the disease, written from its figures: ``docs/diseases.md``.

Write it anew with ``python -m lazaretto.disease.reference docs/diseases.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from lazaretto.disease import severity, testing, vaccine
from lazaretto.disease.catalogue import VARIANTS
from lazaretto.disease.course_table import CourseTable, courses
from lazaretto.disease.natural_history import Variant, by_age_band
from lazaretto.provenance import Figure
from lazaretto.scenario import PRODUCTS
from lazaretto.words import AGE_BANDS

HEAD = """# Variants, severe disease, vaccines and tests

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

SEVERE_HEAD = """## Severe disease

Share of the infected, unvaccinated, who need a hospital bed / who die, by age. Three sources
disagree for BA.2. Shanghai reported 0.27 percent of infections severe or critical and 0.09 percent
dead; the default is fitted to that, with Shanghai's ages and vaccination (a test computes it
again). The input of Cai et al. (last column, `severity("omicron-ba2", "cai")`) gives 0.8 and
0.18 percent there, though only if its shares are applied to its own symptomatic; applied to ours
they would give 4 and 0.9 percent. Hong Kong found the unvaccinated as likely to die as of wild
type: the first column. A key that ends with ' has another figure in another variant.
"""

VACCINES_HEAD = """## Vaccines

Effectiveness against each outcome, from no vaccine, by weeks since the last dose; measured against
Omicron, used for every variant. Two or more doses of inactivated vaccine were 88.6 percent
(85.8-90.9) effective against severe disease in Shanghai (Huang et al. 2022), three 92.7 percent.
"""

TESTS_HEAD = """## Tests

The chance to find an infected person by day is the curve of Hellewell et al. 2021
(doi 10.1186/s12916-021-01982-x), moved towards infection by `detection_shift` of the variant, times
what pooling and the review of a positive pool leave.
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
    parts += ["\n".join(_severe_disease()), "\n".join(_vaccines()), "\n".join(_tests())]
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
    yield from _listed(variant.figures())


def _severe_disease() -> Iterator[str]:
    yield SEVERE_HEAD
    yield "| age | " + " | ".join(VARIANTS) + " | omicron-ba2, Cai et al. |"
    yield "| --- |" + " ---: |" * (len(VARIANTS) + 1)
    levels = [severity(name) for name in VARIANTS] + [severity("omicron-ba2", "cai")]
    names = [*VARIANTS, "omicron-ba2"]
    for band, ages in enumerate(AGE_BANDS):
        cells = []
        for name, level in zip(names, levels, strict=True):
            severe = level.hospital[band] * by_age_band(VARIANTS[name].symptomatic_share)[band]
            cells.append(f"{severe:.2%} / {severe * level.death[band]:.3%}")
        yield f"| {ages} | " + " | ".join(cells) + " |"
    yield ""
    sources: dict[str, Figure] = {}
    for level in levels:
        for key, figure in level.figures():
            # The same key has another figure in another variant: listed once for each figure.
            mine = key
            while sources.get(mine, figure) != figure:
                mine += "'"
            sources[mine] = figure
    yield from _listed(sources.items())


def _vaccines() -> Iterator[str]:
    yield VACCINES_HEAD
    yield "| vaccine | doses | weeks since | infection | symptoms | hospital | death |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for product in PRODUCTS:
        made = vaccine(product)
        steps = (made.infection, made.symptoms, made.hospital, made.death)
        for dose in range(1, 5):
            for week in (4, 26, 53):
                risk, cells = 1.0, []
                for step in steps:
                    risk *= float(step[dose, week])
                    cells.append(f"{1 - risk:.0%}")
                yield f"| {product} | {dose} | {week} | " + " | ".join(cells) + " |"
    yield ""
    for product in PRODUCTS:
        yield f"### {vaccine(product).title} (`{product}`)\n"
        yield from _listed(vaccine(product).figures())


def _tests() -> Iterator[str]:
    yield TESTS_HEAD
    yield "| test | persons in a tube | found, relative to a single test | wrongly positive |"
    yield "| --- | ---: | ---: | ---: |"
    for antigen, pool in ((False, 1), (False, 5), (False, 10), (False, 20), (True, 1)):
        found = float(testing.pooled(np.ones(1), pool, antigen)[0])
        wrong = testing.false_positive(pool, antigen)
        yield f"| {'antigen' if antigen else 'pcr'} | {pool} | {found:.3f} | {wrong:.1e} |"
    yield ""
    yield from _listed(testing.figures())


def _listed(figures: Iterable[tuple[str, Figure]]) -> Iterator[str]:
    yield "| figure | value | interval | unit | status | source | note |"
    yield "| --- | ---: | --- | --- | --- | --- | --- |"
    for key, figure in figures:
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
