"""The policy of a scenario drawn by date in a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from lazaretto import console
from lazaretto.scenario import Scenario

if TYPE_CHECKING:
    from lazaretto.measures.timeline import MeasureLine, ResourceLine, Timeline

WIDE = 110
"""Columns of a terminal from which parameters are shown."""

NARROW_BAR, WIDE_BAR = 18, 30
"""Characters of the bar that shows when a measure is in force."""

GAP = "  "
IN_FORCE, TRIGGERED, NOT_IN_FORCE = "━", "╌", "·"
HEIGHTS = "▁▂▃▄▅▆▇█"


def print_timeline(scenario: Scenario, policy: Timeline) -> None:
    """Print the measures of a scenario by date, and below them its resources in steps.

    Parameters
    ----------
    scenario
        The scenario.
    policy
        Its policy, see `lazaretto.measures.timeline`.
    """
    say = _plainly
    days = f"{_day(scenario.start)} to {_day(scenario.end)}, {scenario.n_days} days"
    console.out.print(Text(scenario.title, style="bold"))
    say(f"{scenario.place}, {scenario.disease}, R0 {float(scenario.r0):g}; {days}")
    for about in (*_cities(scenario), *_border(scenario)):
        console.out.print(Text(about), soft_wrap=True)
    chart = _Chart(scenario, console.out.width)
    if policy.measures:
        say("")
        say(chart.heading("from", "to", "measure"))
        for line in policy.measures:
            for row in chart.measure(line):
                console.out.print(row)
        if any(line.when for line in policy.measures):
            say(f"{IN_FORCE} in force   {TRIGGERED} in force where and while its trigger is on")
    if policy.resources:
        say("")
        say(chart.heading("", "", "resource"))
        for resource in policy.resources:
            for row in chart.resource(resource):
                console.out.print(row)
    say("")
    for note in policy.notes:
        console.out.print(Text(note), soft_wrap=True)
    if scenario.vaccination is None:
        say("Nobody is vaccinated in it: there is no vaccination: section.")
    say(policy.verdict(scenario.name, len(scenario.assumed())))


def _cities(scenario: Scenario) -> Iterator[str]:
    """Yield who takes part in a scenario of many cities, who decides there, and its stages."""
    nation = scenario.nation
    if nation is None:
        return
    yield f"Cities: {', '.join(nation.cities)}"
    for own in nation.own:
        during = f" in the stages {', '.join(own.stages)}" if own.stages else ""
        yield f"{', '.join(own.cities)}: the policy of {own.scenario}{during}"
    if nation.stages:
        begin = [f"{s.name} from {_day(s.first or scenario.start)}" for s in nation.stages]
        yield f"Stages: {'; '.join(begin)}"


def _border(scenario: Scenario) -> Iterator[str]:
    """Yield how many arrive from abroad, and what waits for them on the first day and later."""
    border = scenario.border
    if border is None:
        return
    came = f"{float(border.flights_per_week):g} flights a week of {float(border.passengers):g}"
    first = [scenario.start, *(each.first for each in border.quarantine if each.first)]
    waits = []
    for day in sorted({max(day, scenario.start) for day in first if day <= scenario.end}):
        held = border.protocol_on(day)
        stay = f"{held.facility_days}+{held.home_days} days" if held.days else "nothing"
        waits.append(f"{stay} from {_day(day)}")
    yield f"Border: {came}; on arrival {', '.join(waits)}"


def _plainly(text: str) -> None:
    console.out.print(Text(text.rstrip()))


class _Chart:
    """Rows of text across the days of a run, no wider than the terminal."""

    def __init__(self, scenario: Scenario, width: int) -> None:
        self.scenario = scenario
        self.width = width
        self.wide = width >= WIDE
        self.bar = WIDE_BAR if self.wide else NARROW_BAR
        self.one_year = scenario.start.year == scenario.end.year
        self.dates = 6 if self.one_year else 10
        self.indent = 2 * (self.dates + len(GAP))

    def heading(self, first: str, last: str, what: str) -> str:
        """Return names of the months, each above the day of the bar on which it begins."""
        cells = [" "] * self.bar
        free = 0
        for i in range(self.scenario.n_days):
            day = self.scenario.start + timedelta(days=i)
            where = i * self.bar // self.scenario.n_days
            label = f"{day:%b}"
            begins = day.day == 1 or (i == 0 and self._room_before_next_month(len(label)))
            if begins and where >= free and where + len(label) <= self.bar:
                cells[where : where + len(label)] = label
                free = where + len(label) + 1
        return self._row(first, last, "".join(cells), what)

    def _room_before_next_month(self, letters: int) -> bool:
        """Return whether the name of the first month does not hide that of the second."""
        start = self.scenario.start
        days = (start.replace(day=1) + timedelta(days=32)).replace(day=1) - start
        return days.days * self.bar // self.scenario.n_days > letters

    def measure(self, line: MeasureLine) -> Iterator[Text]:
        """Yield the rows of one measure: its bar, and below it its trigger and its stocks."""
        mark = TRIGGERED if line.when else IN_FORCE
        bar = "".join(
            mark if line.runs(first, last) else NOT_IN_FORCE for first, last in self._cells()
        )
        said = line.name
        if self.wide and line.name != line.measure:
            said += f"{GAP}{line.measure}"
        if self.wide and line.orders:
            said += f": {line.orders}"
        if line.areas != "all":
            many = not self.wide and len(line.areas) > 1
            said += f"{GAP}in {f'{len(line.areas)} districts' if many else ', '.join(line.areas)}"
        yield from self._told(self._short(line.first), self._short(line.last), bar, said)
        if line.when:
            yield from self._below(f"when: {line.when}")
        if line.takes:
            yield from self._below(f"takes from: {', '.join(line.takes)}")
        if line.opens:
            yield from self._below(f"opens: {line.opens}")

    def resource(self, line: ResourceLine) -> Iterator[Text]:
        """Yield the rows of one resource: its amount as heights, and below it the steps."""
        amounts = [line.amount_on(last) for _, last in self._cells()]
        most = max([*amounts, 1])
        bar = "".join(
            HEIGHTS[int(-(-amount * len(HEIGHTS) // most)) - 1] if amount else NOT_IN_FORCE
            for amount in amounts
        )
        unit = f"{line.unit} per 100,000 residents" if line.per_100000 else line.unit
        yield from self._told("", "", bar, ", ".join(dict.fromkeys((line.name, unit))))
        steps = [f"{step.said} {self._from(line, step.first)}" for step in line.steps]
        steps += [f"more by {name}" for name in line.opened_by]
        yield from self._below("; ".join(steps) or "never opened")
        if line.taken_by:
            yield from self._below(f"taken by: {', '.join(line.taken_by)}")

    def _from(self, line: ResourceLine, day: date) -> str:
        word = "on" if line.arrives else "from"
        return f"{word} {self._short(day).strip()}"

    def _row(self, first: str, last: str, bar: str, said: str) -> str:
        dates = f"{first:<{self.dates}}{GAP}{last:<{self.dates}}{GAP}"
        return f"{dates}{bar}{GAP}{said}"

    def _told(self, first: str, last: str, bar: str, said: str) -> Iterator[Text]:
        """Yield a row whose last column is folded under itself."""
        begin = len(self._row("", "", bar, ""))
        folded = textwrap.wrap(said, max(self.width - begin, 16), break_on_hyphens=False) or [""]
        yield Text(self._row(first, last, bar, folded[0]))
        for more in folded[1:]:
            yield Text(" " * begin + more)

    def _below(self, said: str) -> Iterator[Text]:
        """Yield lines that belong to the row above, folded under its bar."""
        folded = textwrap.wrap(
            said,
            self.width,
            initial_indent=" " * self.indent,
            subsequent_indent=" " * (self.indent + 2),
            break_on_hyphens=False,
        )
        yield from (Text(row, style="dim") for row in folded)

    def _cells(self) -> Iterator[tuple[date, date]]:
        """Yield the first and the last date of each character of a bar."""
        days = self.scenario.n_days
        for i in range(self.bar):
            begin = i * days // self.bar
            end = max((i + 1) * days // self.bar, begin + 1) - 1
            yield (
                self.scenario.start + timedelta(days=begin),
                self.scenario.start + timedelta(days=end),
            )

    def _short(self, day: date) -> str:
        return f"{day.day:2} {day:%b}" if self.one_year else day.isoformat()


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
