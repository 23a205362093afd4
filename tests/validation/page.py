"""The validation report: every claim with its tests, what they found, when, and a verdict.

``python tests/validation/page.py docs/validation.json docs/validation.md`` writes the page and the
figure beside it, from what ``pytest --evidence docs/validation.json`` kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import altair as alt
import pandas as pd
from evidence import claims, without_case

from lazaretto.whole_files import write_whole

SHOWN, LONGEST = 4, 420
"""Measured numbers, and characters, of a claim in the table."""

EDGE = 1.6
"""What lies further out than this many half bands is drawn there."""


class Row(NamedTuple):
    """One claim as the page shows it; `holds` is None where it was not run."""

    claim: str
    found: str
    verdict: str
    holds: bool | None
    date: str
    command: str


def place_in_band(value: float, low: float | None, high: float | None) -> float:
    """Return where a number lies: -1 and 1 are the ends of its band, beyond them is outside.

    A band with one end goes from its end to nowhere: 1 or -1 is that end, and 0 far inside.
    """
    if low is None or high is None:
        end, way = (low, -1.0) if high is None else (high, 1.0)
        if end is None or not end:
            return 0.0 if end is None or way * value <= 0 else way * EDGE
        ratio = value / end if way > 0 else end / value if value > 0 else EDGE
        return way * min(ratio, EDGE)
    if high > low:
        return 2 * (value - low) / (high - low) - 1
    return 0.0 if value == low else EDGE * (1 if value > high else -1)


def inside(value: float, low: float | None, high: float | None) -> bool:
    """Return whether a number lies in its band."""
    return (low is None or value >= low) and (high is None or value <= high)


def shown(number: float) -> str:
    """Return a number as a reader wants it: four digits, or whole with commas."""
    return f"{number:,.0f}" if abs(number) >= 10_000 else f"{number:.4g}"


def said(what: str, value: float, low: float | None, high: float | None) -> str:
    """Return a measured number with its band, as ``what: 2.01 (2 to 2.3)``."""
    if low is None and high is not None:
        return f"{what}: {shown(value)} (at most {shown(high)})"
    if high is None and low is not None:
        return f"{what}: {shown(value)} (at least {shown(low)})"
    return f"{what}: {shown(value)} ({shown(low or 0.0)} to {shown(high or 0.0)})"


def found_by(entries: list[dict[str, Any]]) -> str:
    """Return what tests found in a cell: the numbers furthest out, else what was printed last."""
    numbers = [number for entry in entries for number in entry.get("measured", [])]
    if numbers:
        worst = sorted(numbers, key=lambda number: -abs(place_in_band(*number[1:])))
        lines = [said(*number) for number in worst[:SHOWN]]
        more = f"; and {len(numbers) - SHOWN} nearer the middle" if len(numbers) > SHOWN else ""
        return "; ".join(lines) + more
    lines = [line for entry in entries for line in entry.get("printed", [])
             if not line.strip().startswith("E ")]  # fmt: skip  # of pytest within a test
    text = "; ".join(dict.fromkeys(lines))
    if not text:
        ran = sum(entry["outcome"] == "passed" for entry in entries)
        return f"{ran} of {len(entries)} tests pass" if entries else ""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} ..."


def judged(entries: list[dict[str, Any]], missing: list[str]) -> tuple[str, bool | None]:
    """Return the verdict on a claim and whether it holds; None if not all of it was run."""
    ran = [entry for entry in entries if entry["outcome"] != "skipped"]
    why = sorted({entry["reason"] for entry in entries if entry["outcome"] == "skipped"})
    left = [*(f"no entry of {test}" for test in missing), *why]
    if not ran:
        return f"not run{': ' + '; '.join(why) if why else ''}", None
    again = sorted({f"not run again on {e['skipped']['date']}: {e['skipped']['reason']}"
                    for e in ran if "skipped" in e})  # fmt: skip
    off = [entry for entry in ran if entry["outcome"] != "passed"]
    if not off:
        if left:
            return f"holds as far as it was run ({'; '.join(left + again)})", None
        return f"holds{f' ({again[0]})' if again else ''}", True
    said = "; ".join([*dict.fromkeys(entry.get("reason", "") for entry in off), *left, *again])
    if any(entry["outcome"] in ("failed", "xpassed") for entry in off):
        return f"**fails**: {said}", False
    share = f"{len(off)} of {len(ran)}" if len(ran) > len(off) else "this"
    return f"**does not hold** ({share}): {said}", False


def row_of(claim: dict[str, Any], kept: dict[str, Any]) -> Row:
    """Return the line of a claim."""
    tests = claim["tests"]
    entries = [entry for name, entry in kept.items() if without_case(name) in tests]
    missing = [test.partition("::")[2] for test in tests
               if not any(without_case(name) == test for name in kept)]  # fmt: skip
    verdict, holds = judged(entries, missing)
    if "note" in claim:
        verdict += f". {claim['note']}"
    stamps = sorted({(entry["date"], entry["version"]) for entry in entries})
    date = " to ".join(dict.fromkeys((day for day, _ in (stamps[0], stamps[-1])))) if stamps else ""
    versions = sorted({version for _, version in stamps})
    if versions:
        date += f" ({', '.join(versions)})"
    text = claim["claim"] + (f" ({claim['source']})" if "source" in claim else "")
    took = sum(entry["seconds"] for entry in entries)
    cost = f" ({took:,.0f} s)" if took >= 1 else ""
    return Row(text, found_by(entries), verdict, holds, date, command_of(tests) + cost)


def command_of(tests: list[str]) -> str:
    """Return the command of some tests: one by its name, several by their files."""
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    return f"`.venv/bin/python -m pytest -s {tests[0] if len(tests) == 1 else ' '.join(files)}`"


def page(kept: dict[str, Any]) -> str:
    """Return the page in Markdown."""
    parts = [(part, [row_of(claim, kept) for claim in part["claims"]]) for part in claims()]
    rows = [row for _, found in parts for row in found]
    hold, fail, open_ = (sum(row.holds is way for row in rows) for way in (True, False, None))
    lines = [
        "# Validation",
        "",
        "Made by `make validate`, which runs every test below, keeps what it found in"
        " [validation.json](validation.json) and writes this page. Do not edit by hand. A row that"
        " was not run again keeps its older date.",
        "",
        f"**{len(rows)} claims: {hold} hold, {fail} do not or not in everything, {open_} were not"
        " run, or not in all parts.** What does not hold stays listed, with the reason.",
        "",
        "Commands work after `make test`; `x` in what pytest prints is a known miss. Those of more"
        " than one test name their files, which hold others too. Seconds are those of the machine"
        " that made the entry, with other work beside it. Brackets after the date hold the commit,"
        ' "changed" if code or tests differed from it.',
        "",
        "| part | claims | hold | do not | not run, or not all of it |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for part, found in parts:
        counts = [sum(row.holds is way for row in found) for way in (True, False, None)]
        name = part["part"]
        lines.append(f"| [{name}](#{anchor(name)}) | {len(found)} | "
                     + " | ".join(map(str, counts)) + " |")  # fmt: skip
    picture = "![Numbers that were measured with a band, and where they lie in it]"
    lines += ["", f"{picture}(images/validation.svg)", "",
              "Each dot is a number drawn where it lies in the band it has to lie in: from -1 to 1"
              " inside; a band with one end has it at 1 or -1, and what"
              " is further out than 1.6 is drawn there. Numbers of peers and orderings have no band"
              " and are in the tables only. Of Shanghai and of chi-squares the"
              " dot is another: the published number in the band of twenty runs, and the statistic"
              " under its limit.", "",
              "What holds does so by the test named in its row and no further: bands of closed"
              " forms have a false-alarm rate of 1e-6 a test unless they are a tolerance (R0 2 %,"
              " threshold and frontier 5 %), and a scenario that was tuned to a number, marked in"
              " its row, describes it. Papers were read as abstracts or excerpts. Which bugs tests"
              " notice: [planted bugs](planted-bugs.md).", ""]  # fmt: skip
    for part, found in parts:
        lines += [f"## {part['part']}", "", part["says"], "",
                  "| claim | found | verdict | date | command |",
                  "| --- | --- | --- | --- | --- |"]  # fmt: skip
        for row in found:
            cells = (row.claim, row.found, row.verdict, row.date, row.command)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def anchor(heading: str) -> str:
    """Return the anchor of a heading."""
    return "".join(c for c in heading.lower().replace(" ", "-") if c.isalnum() or c == "-")


def figure(kept: dict[str, Any]) -> alt.LayerChart:
    """Return the figure of every measured number in its band."""
    rows = []
    for part in claims():
        tests = {test for claim in part["claims"] for test in claim["tests"]}
        numbers = [number for name, entry in kept.items() if without_case(name) in tests
                   for number in entry.get("measured", [])]  # fmt: skip
        for what, value, low, high in numbers:
            place = place_in_band(value, low, high)
            rows.append({"part": part["part"], "what": what, "place": max(min(place, EDGE), -EDGE),
                         "inside": "inside" if inside(value, low, high) else "outside",
                         "jitter": 0.618 * len(rows) % 1})  # fmt: skip
    order = [part["part"] for part in claims() if any(row["part"] == part["part"] for row in rows)]
    points = pd.DataFrame(rows, columns=["part", "what", "place", "inside", "jitter"])
    band = alt.Chart(pd.DataFrame({"low": [-1], "high": [1]})).mark_rect(
        opacity=0.12, color="#2b6ca3").encode(x="low:Q", x2="high:Q")  # fmt: skip
    dots = alt.Chart(points).mark_circle(size=34, opacity=0.7).encode(
        x=alt.X("place:Q", title="place in its band", scale=alt.Scale(domain=[-EDGE, EDGE])),
        y=alt.Y("part:N", title=None, sort=order, axis=alt.Axis(labelLimit=240)),
        yOffset=alt.YOffset("jitter:Q"),
        color=alt.Color("inside:N", title=None, sort=["inside", "outside"],
                        scale=alt.Scale(range=["#2b6ca3", "#c4472b"])),
    )  # fmt: skip
    return (band + dots).properties(width=560, height=46 * max(len(order), 1))


def main() -> None:
    """Write page and figure."""
    evidence, where = (Path(argument) for argument in sys.argv[1:3])
    kept = json.loads(evidence.read_text(encoding="utf-8"))
    (where.parent / "images").mkdir(exist_ok=True)
    figure(kept).save(where.parent / "images" / "validation.svg")
    write_whole(where, page(kept))


if __name__ == "__main__":
    main()
