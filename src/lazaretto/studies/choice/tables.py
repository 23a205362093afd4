"""A search for policies as tables and files: every option, the Pareto set, regret."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from lazaretto.studies.choice.levers import Lever
from lazaretto.studies.choice.regret import Regret
from lazaretto.studies.choice.search import OBJECTIVES, Choice, Option
from lazaretto.studies.sensitivities.amounts import AMOUNTS
from lazaretto.whole_files import whole_file, write_whole

NOT_SEARCHED = (
    "Not searched: enforcement, repression, deletion and throttling of messages, which are "
    "conditions of the society under study; nor anything that would make confinement stricter "
    "than in the scenario."
)

NOT_COUNTED = (
    "What support, tests, beds and doses cost whoever pays for them is not among the objectives, "
    "and income lost is before any support: so a search favours plenty of them."
)


def options_table(made: Choice) -> pd.DataFrame:
    """Return every option: its levers, and mean, lowest and highest of every amount.

    Parameters
    ----------
    made
        A finished search.
    """
    front = {option.number for option in made.front}
    rows = []
    for option, share in zip(made.options, made.shares, strict=True):
        row: dict[str, Any] = {"option": option.number, "on_front": option.number in front,
                               "share_on_front": float(share)}  # fmt: skip
        row |= levers_of(option, made.levers)
        for name in AMOUNTS:
            low, high = option.band(name)
            row |= {name: option.mean(name), f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def levers_of(option: Option, levers: Sequence[Lever]) -> dict[str, Any]:
    """Return the values of an option's levers by name; none of the scenario as it is."""
    if not option.values:
        return dict.fromkeys((lever.name for lever in levers), None)
    return {lever.name: _written(value)
            for lever, value in zip(levers, option.values, strict=True)}  # fmt: skip


def as_json(made: Choice) -> dict[str, Any]:
    """Return what ``choose --json`` prints.

    Parameters
    ----------
    made
        A finished search.
    """
    shares = {o.number: float(share) for o, share in zip(made.options, made.shares, strict=True)}
    return {
        "scenario": made.scenario.name,
        "title": made.scenario.title,
        "seeds": list(made.seeds),
        "tried": len(made.options) - 1,
        "objectives": [AMOUNTS[name]._asdict() for name in OBJECTIVES],
        "levers": [
            {"key": lever.name, "sets": [t.key for t in lever.targets], "kind": lever.kind,
             "unit": lever.unit, "values": [_written(value) for value in lever.values]}
            for lever in made.levers
        ],
        "as_it_is": _option(made.options[0], made.levers, shares),
        "front": [_option(each, made.levers, shares) for each in made.front],
        "failed": [{"values": [_written(v) for v in values], "reason": why}
                   for values, why in made.failed],
        "hypervolume": [{"options": count, "share": share} for count, share in made.coverage],
        "gained_by_last_half": made.gained,
        "settled": made.settled,
        "worlds": list(made.worlds),
        "regret": [_regret(each) for each in made.regret],
        "notes": [*made.notes, NOT_SEARCHED, NOT_COUNTED],
    }  # fmt: skip


def write_choice(made: Choice, folder: Path) -> None:
    """Write options and regret as Parquet, and all of it as JSON.

    Parameters
    ----------
    made
        A finished search.
    folder
        Where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = options_table(made)
    _write_parquet(table, folder / "options.parquet")
    _write_parquet(table[table["on_front"]], folder / "front.parquet")
    if made.regret:
        _write_parquet(pd.DataFrame([_regret(each) for each in made.regret]),
                       folder / "regret.parquet")  # fmt: skip
    write_whole(folder / "choice.json", json.dumps(as_json(made), indent=2))


def _option(option: Option, levers: Sequence[Lever], shares: dict[int, float]) -> dict[str, Any]:
    said = {
        name: dict(zip(("low", "mean", "high"), (low, option.mean(name), high), strict=True))
        for name in AMOUNTS
        for low, high in [option.band(name)]
    }
    return {
        "option": option.number,
        "levers": levers_of(option, levers),
        "share_on_front": shares[option.number],
        "amounts": {
            name: {end: None if math.isnan(value) else value for end, value in amount.items()}
            for name, amount in said.items()
        },
    }


def _regret(each: Regret) -> dict[str, Any]:
    return {
        "option": each.option,
        "minimax_regret": each.minimax,
        "expected_regret": each.expected,
        **{f"most_{name}": float(lost) for name, lost in zip(OBJECTIVES, each.most, strict=True)},
        "dominated_in": [f"{world} (by {other})" for world, other in each.dominated],
    }


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as partial:
        table.to_parquet(partial, index=False)


def _written(value: object) -> Any:  # noqa: ANN401 - as JSON and Parquet take it
    if isinstance(value, date):
        return value.isoformat()
    return ", ".join(map(str, value)) if isinstance(value, list) else value
