"""Problems that show only when parts of a scenario are seen together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lazaretto.scenario.border import border_problems
from lazaretto.scenario.nation import NATION
from lazaretto.scenario.problems import Problem, did_you_mean, one_of, shown
from lazaretto.scenario.resources import BEDS, UNITS
from lazaretto.scenario.vaccination import vaccination_problems
from lazaretto.scenario.written import as_date

DISEASES = ("wild-type", "delta", "omicron-ba1", "omicron-ba2", "omicron-bf7")
"""Names a scenario may use; the room ``disease`` has exactly these (tested)."""

OF_MODELS = ("omicron-cai-2022",)
"""Diseases as a published model has them."""


def cross_problems(written: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong between the parts of a scenario as written.

    What cannot be read at all is passed over: reading has said so already.
    """
    return [
        *_disease_problems(written.get("disease")),
        *_nation_problems(written),
        *_date_problems(written),
        *_seeding_problems(written),
        *border_problems(written.get("border")),
        *vaccination_problems(written.get("vaccination")),
        *_resource_problems(written.get("resources")),
        *_message_problems(written),
        *_measure_problems(written.get("measures"), written.get("resources")),
    ]


def _disease_problems(disease: object) -> Iterator[Problem]:
    if isinstance(disease, str) and disease not in (*DISEASES, *OF_MODELS):
        advice = did_you_mean(disease, DISEASES, "choose one of them")
        yield Problem("disease", shown(disease), one_of(DISEASES), advice)


def _nation_problems(written: Mapping[str, Any]) -> Iterator[Problem]:
    many = written.get("nation")
    if many is not None and written.get("place") != NATION:
        yield Problem(
            "nation",
            "given",
            f"only beside place: {NATION}",
            f"write place: {NATION}, or remove it",
        )
    if many is not None:
        return
    for i, entry in enumerate(_mappings(written.get("measures"))):
        if entry.get("stages") is not None:
            allowed = f"only in a scenario of place {NATION}, with nation.stages"
            yield Problem(f"measures.{i}.stages", shown(entry["stages"]), allowed, "remove it")
    for i, resource in enumerate(_mappings(written.get("resources"))):
        if resource.get("per_100000"):
            allowed = f"only in a scenario of place {NATION}"
            yield Problem(f"resources.{i}.per_100000", "true", allowed, "write whole amounts")


OPENING = "open_resource"
"""The measure whose amount is counted in the unit of a stock."""

MOST_DAYS = 3660
"""Length of the longest run, ten years."""


def _date_problems(written: Mapping[str, Any]) -> Iterator[Problem]:
    start, end = as_date(written.get("start")), as_date(written.get("end"))
    if start and end and end < start:
        yield Problem("end", str(end), f"a date from {start} on", "exchange start and end")
    if start and end and (end - start).days >= MOST_DAYS:
        yield Problem(
            "end", str(end), f"at most {MOST_DAYS} days from the start", "shorten the run"
        )


def _seeding_problems(written: Mapping[str, Any]) -> Iterator[Problem]:
    start, end = as_date(written.get("start")), as_date(written.get("end"))
    for i, seeds in enumerate(_mappings(written.get("seeding"))):
        at = f"seeding.{i}"
        keys = [key for key in ("date", "from", "to") if seeds.get(key) is not None]
        if keys not in (["date"], ["from", "to"]):
            yield Problem(
                at,
                "with " + (" and ".join(keys) if keys else "no date"),
                "either date, or from and to",
                "write one date, or the first and the last",
            )
            continue
        dates = {key: as_date(seeds[key]) for key in keys}
        first, last = dates.get("from"), dates.get("to")
        if first and last and last < first:
            yield Problem(f"{at}.to", str(last), f"a date from {first} on", "exchange from and to")
        if start and end and start <= end:
            for key, day in dates.items():
                if day and not start <= day <= end:
                    yield Problem(
                        f"{at}.{key}",
                        str(day),
                        f"a date of the run, {start} to {end}",
                        "move the seeding, or start and end",
                    )


def _measure_problems(measures: object, resources: object) -> Iterator[Problem]:
    yield from _same_names("measures", "measure", measures)
    units = {str(stock.get("name")): stock.get("unit") for stock in _mappings(resources)}
    for i, entry in enumerate(_mappings(measures)):
        stock, amount = entry.get("stock"), entry.get("amount")
        if entry.get("measure") != OPENING or not isinstance(amount, Mapping):
            continue
        unit = units.get(stock) if isinstance(stock, str) else None
        said = amount.get("unit", unit)
        if unit in UNITS and said != unit:
            yield Problem(
                f"measures.{i}.amount.unit",
                shown(said),
                f"{unit}, the unit of {stock}",
                f"give the amount in {unit} and write unit: {unit}",
            )


def _resource_problems(resources: object) -> Iterator[Problem]:
    yield from _same_names("resources", "resource", resources)
    for i, resource in enumerate(_mappings(resources)):
        at, unit = f"resources.{i}", resource.get("unit")
        seen: set[object] = set()
        for j, opening in enumerate(_mappings(resource.get("opened"))):
            first = as_date(opening.get("from"))
            if first in seen:
                yield Problem(
                    f"{at}.opened.{j}.from",
                    str(first or "missing"),
                    "a date that no other amount of this stock begins on",
                    "keep one of the amounts, or move it",
                )
            seen.add(first)
            amount = opening.get("amount")
            given = amount.get("unit", unit) if isinstance(amount, Mapping) else unit
            if unit in UNITS and given in UNITS and given != unit:
                yield Problem(
                    f"{at}.opened.{j}.amount",
                    shown(given),
                    f"an amount in {unit}, the unit of the stock",
                    f"write unit: {unit}, or change the unit of the stock",
                )
        for key in ("contacts_per_day", "bus_contacts"):
            if resource.get(key) is not None and unit in UNITS and unit != BEDS:
                allowed = f"only for a stock of {BEDS}; this one is counted in {unit}"
                yield Problem(f"{at}.{key}", shown(resource[key]), allowed, "remove it")


def _message_problems(written: Mapping[str, Any]) -> Iterator[Problem]:
    start, end = as_date(written.get("start")), as_date(written.get("end"))
    behaviour = written.get("behaviour")
    messages = behaviour.get("messages") if isinstance(behaviour, Mapping) else None
    seeded = messages.get("seeded") if isinstance(messages, Mapping) else None
    if not start or not end or start > end:
        return
    for i, message in enumerate(_mappings(seeded)):
        begins = as_date(message.get("date"))
        if begins is not None and not start <= begins <= end:
            yield Problem(
                f"behaviour.messages.seeded.{i}.date",
                str(begins),
                f"a date of the run, {start} to {end}",
                "move the message, or start and end",
            )


def _same_names(section: str, what: str, entries: object) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for i, entry in enumerate(_mappings(entries)):
        name = entry.get("name")
        if isinstance(name, str) and seen.setdefault(name, i) != i:
            yield Problem(
                f"{section}.{i}.name",
                shown(name),
                f"a name that no other {what} has",
                f"rename it; {section}.{seen[name]} has this name",
            )


def _mappings(value: object) -> Iterable[Mapping[str, Any]]:
    if not isinstance(value, list):
        return []
    return [item if isinstance(item, Mapping) else {"date": item} for item in value]
