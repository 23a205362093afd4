"""The reference page of a scenario file, written from its sections: ``docs/scenario.md``.

Write it anew with ``python -m lazaretto.scenario.reference docs/scenario.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from lazaretto.scenario.model import FILLED_IN, MeasureEntry, Scenario
from lazaretto.scenario.problems import shown
from lazaretto.scenario.reading import fields_of, model_in
from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit
from lazaretto.scenario.units import marks_of

HEAD = """# Every key of a scenario

This page is written from the code by `python -m lazaretto.scenario.reference docs/scenario.md`; a
test fails when it is out of date. `lazaretto schema` gives the same to an editor.

The least a scenario needs is a place, a disease and dates:

```yaml
place: chongming
disease: omicron-ba2
start: 2022-03-15
end: 2022-05-31
seeding: [{date: 2022-03-15, infections_per_day: 20}]
```

Without `measures:` nothing is done, without `behaviour:` everybody keeps to the rules, and without
`seeding:` nobody is infected. `chongming-example`
([file](../src/lazaretto/scenario/library/chongming-example.yaml)) is a whole scenario in forty
lines to copy. A number is written plain or as
`{value:, unit:, source:, status:, low:, high:, note:}`; plain, it counts as assumed. What a measure
takes is in [measures](measures.md), triggers and stocks are in [policy](policy.md), what the parts
of behaviour are in [behaviour](behaviour.md).
"""


def scenario_page() -> str:
    """Return the reference page as Markdown."""
    parts = [HEAD, *_section("The whole file", Scenario)]
    for key, field in fields_of(Scenario).items():
        parts += _below(key, field)
    return "\n".join(parts) + "\n"


def _below(key: str, field: FieldInfo) -> Iterator[str]:
    """Yield the section behind a key and those inside it."""
    section = model_in(field.annotation)
    if section is None or section is MeasureEntry:
        return
    default = field.default if isinstance(field.default, Section) else None
    yield from _section(f"`{key}`", section, default)
    for name, inner in fields_of(section).items():
        if model_in(inner.annotation) is not None:
            yield from _below(f"{key}.{name}", inner)


def _section(title: str, section: type[BaseModel], default: Section | None = None) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield "| key | default | unit | meaning |"
    yield "| --- | --- | --- | --- |"
    for key, field in fields_of(section).items():
        value = field.default
        if default is not None:
            name = next(n for n, known in type(default).model_fields.items() if known is field)
            value = getattr(default, name)
        unit = next((mark.name for mark in marks_of(field) if isinstance(mark, Unit)), "")
        filled = section is Scenario and key in FILLED_IN
        cells = (f"`{key}`", "filled in" if filled else _default(value), unit)
        yield f"| {' | '.join(cells)} | {(field.description or '').replace('|', 'or')} |"


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, Section):
        return "below"
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, Sourced):
        figure = value.figure
        ends = "" if figure.low is None else f" ({figure.low:g} to {figure.high:g})"
        return f"{figure.value:g}{ends}, {figure.status}"
    return shown(value)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(scenario_page(), encoding="utf-8")
