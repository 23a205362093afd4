"""Ways in which input goes wrong, each drawn from a seed, for the tests of bad input."""

from __future__ import annotations

import copy
import random
from datetime import date, datetime
from math import isfinite
from typing import Any

import yaml

from lazaretto.scenario import as_date
from lazaretto.scenario.overrides import value_at

WORDS: tuple[object, ...] = (
    None, True, False, 0, -1, 1, 2, 3, 7, 100, 0.5, -0.5, 1.5, -0.0, 5e-324, 1e308, 1e9, 1e18,
    float("nan"), float("inf"), float("-inf"), 2**31, 2**63, 10**30, 10**400,
    "", " ", "x", "0", "1e-3", "nan", "-inf", "1e999", "on", "off", "null", "9" * 5_000,
    "2022-02-30", "2022-13-01", "0001-01-01", "9999-12-31", "2022-03-05", "yesterday",
    date(1, 1, 1), date(9999, 12, 31), date(2022, 3, 5), datetime(2022, 3, 5, 12, 30),  # noqa: DTZ001
    "北京", "Ω\u202e\u0301", "a\x00b", "\ufeff", "\U0001f9a0", "x" * 70_000, "{{ 7 * 7 }}", "%s%n",
    "../../..", "/dev/zero", ".", "~", "a.b.c", "measures.0.tier", "lockdown", "shanghai",
    "china", "./twin", "omicron-ba2", "Northbank", "all", "curfew.py:Curfew", "os:system",
    [], {}, [[]], [None], [1, "a", None], {"value": 1}, {"value": None}, {"value": "x"},
    {"value": 0.5, "unit": "share", "status": "measured"}, {"a": {"b": {"c": 1}}}, {1: 2},
    {None: None}, {True: False}, b"\x00\xff", {"from": "2022-03-05"}, [0] * 3_000,
    ["x"] * 3_000, [{}] * 500, {str(i): i for i in range(500)},
)  # fmt: skip
"""Values that a careless or hostile hand writes."""

PLAIN = (
    "Northbank", "Southbank", "all", "open", "precaution", "controlled", "sealed", "labs", "hall",
    "pcr", "antigen", "lockdown", "screening", "contact_tracing", "isolation", "quarantine",
    "zones", "close_schools", "close_workplaces", "closed_loop", "antivirals", "health_care",
    "omicron-ba2", "delta", "wild-type", "./twin", "seal", "beds", "tubes/day", "household",
)  # fmt: skip
"""Words that stand in sound scenarios."""

CELLS = (
    "", " ", "0", "-1", "1", "0.5", "1e3", "1e400", "nan", "inf", "-inf", "9" * 400, "9" * 5_000,
    "2147483648", "9223372036854775808", "x", "0-4", "85+", "0-200", "４", "１２", "1,000", '"',
    "'", "2022-02-30", "2022-03-05", "0000-00-00", "\x00", "北京", "=1+1", "x" * 200_000,
    "１-４", "٣",
    "age", "total", "1;2", "\ufeff", "\r", "- -", "under", "up to", ">= 7", "<0", "0-0", "999",
)  # fmt: skip
"""What stands in a cell of a table that somebody spoiled."""

BOMB = (
    "{key}: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{{key}}{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
)  # fmt: skip
"""A billion values in a few lines, by aliases of aliases."""

CYCLES = ("{key}: &a [*a]\n", "{key}: &a {{b: *a}}\n", "{key}: &a [[[*a, 1]]]\n")
"""Values that hold themselves."""


def value(rng: random.Random) -> object:
    """Return a strange value."""
    return copy.deepcopy(rng.choice(WORDS))


def near(rng: random.Random, given: object) -> object:
    """Return a value like one that is given: as a user who means well would write it."""
    if isinstance(given, bool) or given is None:
        return rng.choice((True, False, None))
    if isinstance(given, int):
        return rng.choice((0, 1, 2, 3, given + 1, given - 1, 2 * given, given // 2, 10 * given))
    if isinstance(given, float):
        whole = round(given) if isfinite(given) else given
        return rng.choice((0, 1, 0.5 * given, 1.5 * given, 0.99 * given, whole, 1e-9))
    day = as_date(given)
    if day is not None:
        number = day.toordinal() + rng.choice((-40, -7, -1, 0, 1, 2, 7, 30))
        return date.fromordinal(min(max(number, 1), date.max.toordinal())).isoformat()
    if isinstance(given, list):
        return rng.choice((given[:1], given[::-1], given * 2, given[1:]))
    if isinstance(given, dict):
        kept = dict(given)
        kept.pop(rng.choice(list(kept)), None) if kept else None
        return kept
    return rng.choice(PLAIN)


def places_in(tree: object) -> list[tuple[Any, Any]]:
    """Return (container, key) of every value in nested lists and mappings."""
    found: list[tuple[Any, Any]] = []
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)  # type: ignore[arg-type]
    for key, part in list(pairs):
        found.append((tree, key))
        if isinstance(part, dict | list):
            found += places_in(part)
    return found


def tree(rng: random.Random, written: dict[str, Any]) -> dict[str, Any]:
    """Return nested mappings with one to three of their values spoiled; the given ones stay."""
    spoiled = copy.deepcopy(written)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = places_in(spoiled)
        if not places:
            return spoiled
        holder, key = rng.choice(places)
        how = rng.randrange(14)
        if how < 4:
            holder[key] = value(rng)
        elif how > 7:
            holder[key] = near(rng, holder[key])
        elif how == 4:
            del holder[key]
        elif how == 5 and isinstance(holder, dict):
            holder[rng.choice((f"{key}x", str(key).upper(), "on", 7, "from", "value"))] = value(rng)
        elif how == 6:
            other, from_key = rng.choice(places)
            if from_key in other if isinstance(other, dict) else from_key < len(other):
                holder[key] = copy.deepcopy(other[from_key])
        elif isinstance(holder[key], list):
            holder[key] = holder[key] * 2 + [value(rng)]
        elif isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
            holder[key] = holder[key] * rng.choice((-1, 0, 10, 1_000, 10**9, 0.1))
        else:
            holder[key] = [holder[key]]
    return spoiled


def lines_of(rng: random.Random, text: str) -> str:
    """Return a text with a line lost, doubled, moved, indented or cut."""
    lines = text.splitlines(keepends=True) or [""]
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(7)
    if how == 0:
        del lines[i]
    elif how == 1:
        lines.insert(i, lines[j])
    elif how == 2:
        lines[i], lines[j] = lines[j], lines[i]
    elif how == 3:
        lines[i] = " " * rng.randrange(1, 9) + lines[i]
    elif how == 4:
        lines[i] = lines[i][: rng.randrange(len(lines[i]) + 1)] + "\n"
    elif how == 5:
        lines[i] = "\t" + lines[i]
    else:
        lines[i] = lines[i].replace(" ", rng.choice(("", "\u00a0", "\t", "  ")))
    return "".join(lines)


def signs_of(rng: random.Random, text: str) -> str:
    """Return a text with a few signs written over or put in."""
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(text) + 1)
        sign = rng.choice(":-[]{},&*!|>%@`\"'#?\n\t\x00\x07\u2028\ufeff0x9.\\")
        text = text[:at] + sign * rng.choice((1, 1, 2, 300)) + text[at + rng.randrange(2) :]
    return text


def yaml_of(rng: random.Random, text: str) -> str:
    """Return a YAML text with something in it that the format allows and nobody needs."""
    key = rng.choice(("description", "title", "measures", "seeding", "bomb", "r0", "levers"))
    depth = rng.choice((20, 39, 45, 200, 3_000))
    more = rng.choice((
        BOMB.format(key=key), *(cycle.format(key=key) for cycle in CYCLES),
        f"{key}: {'[' * depth}{']' * depth}\n", f"{key}: {'{a: ' * depth}1{'}' * depth}\n",
        f"{key}: !!python/object/apply:os.system [true]\n", f"{key}: !!binary aGVsbG8=\n",
        f"{key}: !!set {{a, b}}\n", f"{key}: !!omap [a: 1]\n", f"? {{a: 1}}\n: {key}\n",
        f"{key}: !!timestamp x\n", f"{key}: !!int 0x\n", f"{key}: !!float 1_0:60\n",
        f"{key}: 1:2:3\n", f"{key}: 190:20:30.15\n", f"{key}: 0b102\n", f"{key}: 0o9\n",
        f"<<: {{{key}: 1}}\n", "<<: 5\n", f"{key}: {'9' * 6_000}\n", f"{key}: 1{'0' * 400}.0\n",
        f"---\n{key}: 1\n", "...\n", "%YAML 9.9\n---\n", f"{key}: |\n  {'x' * 50_000}\n",
        f"{key}: \"\\ud800\"\n", f"{key}: \"\\x00\\u0000\"\n", f"{key}: *nowhere\n",
    ))  # fmt: skip
    return more + text if rng.random() < 0.5 else text.rstrip("\n") + "\n" + more


def content(rng: random.Random, data: bytes) -> bytes:
    """Return bytes cut short, flipped, doubled, or of something else."""
    how = rng.randrange(8)
    if how == 0:
        return data[: rng.randrange(len(data) + 1)]
    if how == 1:
        return b""
    if how == 2:
        return data + rng.randbytes(rng.choice((1, 100, 5_000)))
    if how == 3:
        return rng.randbytes(rng.choice((1, 10, 1_000, 20_000)))
    if how == 4:
        return data.decode("utf-8", "replace").encode(rng.choice(("utf-16", "utf-32", "utf-8-sig")))
    if how == 5:
        return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\x00")))
    spoiled = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        if spoiled:
            spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
    return bytes(spoiled)


def scenario(rng: random.Random, text: str) -> bytes:
    """Return a YAML file with something wrong in it."""
    how = rng.randrange(10)
    if how < 5:
        spoiled = tree(rng, yaml.safe_load(text))
        try:
            text = yaml.safe_dump(spoiled, sort_keys=False, allow_unicode=rng.random() < 0.5)
        except (yaml.YAMLError, ValueError):  # a number that Python does not write out
            text = str(spoiled)
        return text.encode("utf-8", "replace")
    if how < 6:
        return yaml_of(rng, text).encode()
    if how < 8:
        return lines_of(rng, text).encode("utf-8", "replace")
    if how < 9:
        return signs_of(rng, text).encode("utf-8", "replace")
    return content(rng, text.encode())


def table(rng: random.Random, text: str) -> bytes:
    """Return a CSV file with something wrong in it."""
    how = rng.randrange(10)
    if how < 6:
        rows = [line.split(",") for line in text.splitlines()]
        for _ in range(rng.choice((1, 1, 1, 2, 5))):
            row = rng.choice(rows[1:] if rng.random() < 0.9 else rows)
            row[rng.randrange(len(row))] = rng.choice(CELLS)
        return "\n".join(map(",".join, rows)).encode()
    if how < 7:
        rows = [line.split(",") for line in text.splitlines()]
        column = rng.randrange(len(rows[0]))
        new = rng.choice((None, *CELLS))
        for row in rows:
            if new is None:
                del row[column]
            else:
                row[column] = new
        return "\n".join(map(",".join, rows)).encode()
    if how < 8:
        return lines_of(rng, text).encode()
    if how < 9:
        return signs_of(rng, text).encode("utf-8", "replace")
    return content(rng, text.encode())


def override(rng: random.Random, written: dict[str, Any]) -> str:
    """Return what stands behind ``--set``, wrong in its key or its value."""
    keys = keys_of(written)
    key = rng.choice(keys)
    how = rng.randrange(14)
    if how > 7:
        return f"{key}={yaml.safe_dump(near(rng, value_at(written, key)), default_flow_style=True)}"
    if how == 0:
        key = rng.choice((
            "", ".", "..", "r0.", ".r0", "a" * 5_000, "measures." + "9" * 5_000, "measures.-1.tier",
            "x." * 2_000 + "y", "measures", "place", "r0.value.x", "北京", "measures.0",
            "posterior", "nation", "border", "behaviour", "aim", "less_restrictive", "resources",
            "vaccination", "contacts.community.by_age", "outputs.checkpoint_every", "name",
            "title", "end",
        ))  # fmt: skip
    elif how == 1:
        at = rng.randrange(len(key) + 1)
        key = key[:at] + rng.choice("x.0[ =-") + key[at:]
    if how == 2:
        said = yaml_of(rng, "x: 1\n")
    elif how == 3:
        said = rng.choice(("[", "{a", "{a: 1, a: 2}", "&a [*a]", "!!python/name:os.system []", "'",
                           "[" * 2_000, "- - - - 1", "1\n2", "{<<: 5}", "*a", "@", "\t", ":",
                           "!!timestamp x", "!!int ''", "!!bool maybe", "!!float _"))  # fmt: skip
    else:
        try:
            said = yaml.safe_dump(value(rng), default_flow_style=True, allow_unicode=True)
        except (yaml.YAMLError, ValueError):
            said = "1" + "0" * 5_000
        said = said.removesuffix("\n").removesuffix("\n...")
    return f"{key}{rng.choice(('=', '=', '=', '==', '', ' = '))}{said}"


def keys_of(tree: object, before: str = "") -> list[str]:
    """Return the keys of all values of a scenario, as ``--set`` takes them."""
    found = []
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)  # type: ignore[arg-type]
    for key, part in pairs:
        found.append(f"{before}{key}")
        if isinstance(part, dict | list):
            found += keys_of(part, f"{before}{key}.")
    return found
