"""The page on the border, its tables computed from the code: ``docs/border.md``.

Write it anew with ``python -m lazaretto.disease.border_page docs/border.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from lazaretto.disease.catalogue import VARIANTS
from lazaretto.disease.course_table import courses
from lazaretto.disease.quarantine_escape import escape
from lazaretto.scenario.border import PROTOCOLS, PreDepartureTest, Protocol

HEAD = """# The border

This page is written from the code by `python -m lazaretto.disease.border_page docs/border.md`; a
test fails when it is out of date.

Infected travellers arrive by plane, are tested, wait, and some get through. In a scenario:

```yaml
border:
  flights_per_week: 14
  passengers: 150
  prevalence: [{share: 0.005}, {from: 2022-04-15, share: 0.002}]
  pre_departure_test: {test: pcr, days_before: 2}
  quarantine:
    - {protocol: 14+7}
    - {from: 2022-06-28, protocol: 7+3}
    - {from: 2022-11-11, facility_days: 5, home_days: 3, tests: [{day: 1}, {day: 5, test: antigen}]}
  area: all
```

Every key is in [scenario](scenario.md). Without `border:`, or without flights, nothing changes, bit
for bit.

## What happens to a traveller

1. The number of infected who set out is Poisson, with mean flights x passengers x prevalence / 7 a
   day. Each was infected on one of the `exposure_days` up to the day of arrival, each as likely.
2. A test before departure keeps some from boarding; the others are `imported`.
3. Each test of the stay finds the infected by the day since infection, one independent of the next
   (persons who shed little are missed again and again in truth, so repeated tests find somewhat
   too many). Of those whose symptoms begin before the end of the stay, on arrival or before it, the
   share `symptoms_noticed` is found. Who is found (`imported_found`, on that day) stays with the
   border until the infection is over and is no case of the city.
4. Who leaves the facility undetected and still infectious is put into the run: a resident of `area`
   by lot, on the first day out, with the infection of the day it happened and the rest of the
   course that this resident then has. It counts as brought in (`seed`) on the day of coming in.
   Days at home are days isolated at home: the contacts that `confinement: isolated` leaves. Who is
   found on one of them is taken away before meeting anybody that day. The measures of the scenario
   come first: whom they isolate is theirs.
5. Who is let go undetected and still infectious is `imported_released`, on that day.

Travellers are a pure function of seed and day of arrival: another protocol meets the same ones.

Left out: staff of quarantine facilities and what they catch, travellers infecting each other in the
plane or the facility, passengers who stay away because they are ill, and passengers who are not
infected (no bed is counted). Travellers have the ages of the residents. The border begins empty:
who was infected before the first day of the run is not in it, so that imports build up over the
days of exposure. A resident who cannot be infected, having been so lately, lets the traveller's
infection pass.

## The closed form

With s the days from infection to arrival, c a course of the variant and q the days of the stay,

    infectious = sum_s w_s sum_c p_c U(s, c) [c is infectious on day s + q or later]
    left       = sum_s w_s sum_c p_c U(s, c) sum_{a >= s + q} i_c(a)  /  mean_c sum_a i_c(a)

w_s is uniform over the days of exposure times the chance to pass the test before departure; U(s, c)
is the product of (1 - sensitivity on day s + d) over the tests on day d of the stay (from 0),
times, of those with symptoms, 1 - `symptoms_noticed` x P(they begin before release). Without tests
and symptoms `left` is the mean of the tail S(s + q) of the generation interval: the closed form of
Ashcroft et al. 2021 (doi 10.7554/eLife.63704). The engine is tested against it one by one.

`infectious` counts whoever has anything left, down to a thousandth of a course; `left` is what can
be transmitted, and so what matters.
"""

PUBLISHED = """## Beside published figures

Share of the transmission after arrival that a stay prevents, wild type, infected 0 to 7 days before
arrival.

| stay | here | published | source |
| --- | ---: | --- | --- |
"""

STUDIES = (
    ("14 days, no test, symptoms ignored", Protocol(14, 0), 0.0, "0.96 to 1",
     "Johansson et al. 2021, doi 10.1186/s12916-021-01975-w"),
    ("7 days, all symptoms noticed, PCR three days after arrival", Protocol(7, 0, ((4, "pcr"),)),
     1.0, "0.95 to 0.99", "its preprint, doi 10.1101/2020.11.23.20237412"),
    ("8 days, PCR a week after arrival, symptoms ignored", Protocol(8, 0, ((8, "pcr"),)), 0.0,
     "0.94 (0.89 to 0.98)", "Clifford et al. 2021, PMC8485583; of the number of infectious"),
    ("14 days, no test, symptoms ignored", Protocol(14, 0), 0.0, "above 0.99 (0.98 to 1)",
     "the same"),
)  # fmt: skip
"""Title, stay, share noticed, published value, and source."""


def border_page() -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *_protocols(), *_escapes(), PUBLISHED.rstrip("\n"), *_published()])


def _protocols() -> Iterator[str]:
    yield "## Protocols\n"
    yield "Days count from 1, the day of arrival, through facility and home.\n"
    yield "| protocol | facility | home | PCR on days | status | source |"
    yield "| --- | ---: | ---: | --- | --- | --- |"
    for name, each in PROTOCOLS.items():
        days = ", ".join(str(day) for day, _ in each.tests) or "none"
        cells = (name, each.facility_days, each.home_days, days, each.status, each.source)
        yield f"| {' | '.join(str(cell) for cell in cells)} |"
    yield ""


def _escapes() -> Iterator[str]:
    yield "## Escape by protocol and variant\n"
    yield (
        "Infected on one of 14 days, half of symptoms noticed (both assumed, the defaults of the "
        "scenario), symptomatic\nby the plain mean over ages; in per cent. `left` and `at home` "
        "are shares of the infectiousness of a whole\ninfection: times R they are secondary "
        "infections per infected traveller. `at home` is spent in the days at home\nby those not "
        "found yet, on the household only. The last two columns: with a PCR two days before "
        "arrival,\nfor those who board, who are fewer by what is said below."
    )
    yield ""
    yield (
        "| variant | protocol | released undetected | still infectious | left | at home | "
        "still infectious, tested before | left, tested before |"
    )
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    kept_back = []
    for name, variant in VARIANTS.items():
        table = courses(name)
        for title, protocol in PROTOCOLS.items():
            one, tested = escape(table, protocol), escape(table, protocol, before=TESTED)
            values = (
                one.released, one.infectious, one.left, one.at_home, tested.infectious, tested.left,
            )  # fmt: skip
            cells = " | ".join(_percent(value) for value in values)
            yield f"| {variant.title} | {title} | {cells} |"
        boards = escape(table, PROTOCOLS["none"], before=TESTED).boards
        kept_back.append(f"{variant.title} {_percent(1 - boards)}")
    yield ""
    yield f"Kept from boarding by that test, per cent: {'; '.join(kept_back)}.\n"


TESTED = PreDepartureTest()


def _published() -> Iterator[str]:
    table = courses("wild-type")
    free = escape(table, PROTOCOLS["none"], 8).left
    for title, protocol, noticed, said, source in STUDIES:
        here = 1 - escape(table, protocol, 8, noticed=noticed).left / free
        yield f"| {title} | {here:.3f} | {said} | {source} |"
    yield ""


def _percent(share: float) -> str:
    """Return a share in per cent with two digits, in powers of ten where it is small."""
    value = 100 * share
    if value < 1e-8:
        return "0"
    return f"{value:.1e}" if value < 0.01 else f"{value:.3g}" if value >= 1 else f"{value:.2g}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(border_page(), encoding="utf-8")
