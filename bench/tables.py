"""The tables bench.py prints: Lazaretto against its aims, the peers, head against base."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from measured_run import Run, Work

Runs = Mapping[str, Sequence[Run]]
MIB = 2**20


def spread(values: Sequence[float]) -> str:
    """Median and, of several values, the smallest and the largest."""
    if not values:
        return "not measured"
    middle = figure(median(values))
    return f"{middle} ({figure(min(values))}-{figure(max(values))})" if len(values) > 1 else middle


def figure(value: float) -> str:
    """A number with three figures that count, thousands separated."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.1 else f"{value:.2g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown with columns in line: left for words, right for the rest."""
    widths = [max(len(line[k]) for line in (head, *rows)) for k in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *rest = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return "| " + " | ".join((first, *rest)) + " |"

    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join((line(head), rule, *(line(row) for row in rows)))


def us_per_infection(run: Run) -> float:
    """Wall time of the simulated days for each infection, in microseconds."""
    return 1e6 * float(run.figures["wall_s"]) / max(1, int(run.figures["infections"]))


def wall(run: Run) -> float:
    """Wall time of the simulated days, in seconds."""
    return float(run.figures["wall_s"])


def city_table(runs: Runs, failed: Mapping[str, str], idle_mib: float) -> str:
    """Lazaretto against the aims; `idle_mib` is the memory of a process that only imported it."""
    one_day_cpu = median([run.cpu_s for run in runs.get("first-day", ())] or [0.0])
    threads = 2

    def measured_core(run: Run) -> float:
        return 1e6 * (run.cpu_s - one_day_cpu) / max(1, int(run.figures["infections"]))

    def bytes_a_person(run: Run) -> float:
        return (float(run.figures["peak_rss_mib"]) - idle_mib) * MIB / int(run.figures["persons"])

    def before_first_day(run: Run) -> float:
        return run.process_s - wall(run)

    lines: list[tuple[str, str, Callable[[Run], float], str, float | None]] = [
        ("Shanghai, R0 8, nobody confined, 180 days: s", "wave", wall, "<=", 10.0),
        ("  infections", "wave", lambda run: run.figures["infections"], "", None),
        (
            "  core us an infection, wall x 2 threads",
            "wave",
            lambda run: threads * us_per_infection(run),
            "<=",
            0.8,
        ),
        ("  core us an infection, measured", "wave", measured_core, "", None),
        ("  bytes a person over the idle process", "wave", bytes_a_person, "<=", 16.0),
        ("  the same with one thread: s", "wave-1", wall, "", None),
        ("  with tests, tracing and quarantine: s", "contained", wall, "", None),
        (
            "  infections then",
            "contained",
            lambda run: run.figures["infections"],
            "",
            None,
        ),
        ("shanghai-2022 as shipped, everything on: s", "shipped", wall, "<=", 6.0),
        ("180 quiet days: s", "quiet", wall, "<=", 0.2),
        ("process start to first day, kernels cached: s", "first-day", before_first_day, "<=", 3.0),
    ]
    rows = []
    for label, key, value, sign, aim in lines:
        if key in failed:
            # Once for each row that failed, not again for every figure drawn from it.
            reason = "" if label.startswith("  ") and key == "wave" else failed[key]
            rows.append((label, reason, "", ""))
            continue
        rows.append((label, *judged([value(run) for run in runs.get(key, ())], sign, aim)))
    paired = list(zip(runs.get("wave-1", ()), runs.get("wave", ()), strict=False))
    ratios = [wall(one) / wall(two) for one, two in paired]
    rows.insert(6, ("  1 thread / 2 threads", *judged(ratios, ">=", 1.8)))
    paired = list(zip(runs.get("contained", ()), runs.get("wave", ()), strict=False))
    ratios = [us_per_infection(one) / us_per_infection(plain) for one, plain in paired]
    rows.insert(9, ("  time an infection / that of the plain wave", *judged(ratios, "<=", 2.0)))
    return table(("work", "median (min-max)", "aim", ""), rows)


def judged(values: Sequence[float], sign: str, aim: float | None) -> tuple[str, str, str]:
    """Cells for the values, the aim and whether the median meets it."""
    if aim is None or not values:
        return spread(values), "" if aim is None else f"{sign} {aim:g}", ""
    met = median(values) <= aim if sign == "<=" else median(values) >= aim
    return spread(values), f"{sign} {aim:g}", "met" if met else "MISSED"


def peer_table(works: Mapping[str, Work], runs: Runs, failed: Mapping[str, str]) -> str:
    """Each peer, and how many times its time per infection is Lazaretto's of the same round."""
    rows = []
    for key, work in works.items():
        if key in failed or key not in runs:
            rows.append((work.title, *("",) * 8, failed.get(key, "not measured")))
            continue
        done = runs[key]
        seen = done[0].figures
        ours = runs.get("wave-1" if work.threads == 1 else "wave", ())
        pairs = zip(done, ours, strict=False)
        ratios = [us_per_infection(peer) / us_per_infection(city) for peer, city in pairs]
        own = [(r.figures["peak_rss_mib"] - r.figures["idle_rss_mib"]) * MIB for r in done]
        rows.append(
            (
                f"{work.title} {seen['version']}",
                f"{seen['agents']:,}",
                str(work.threads),
                f"{seen['infections']:,}",
                f"{100 * seen['attack_rate']:.1f} %",
                spread([run.figures["setup_s"] for run in done]),
                spread([wall(run) for run in done]),
                spread([us_per_infection(run) for run in done]),
                spread([size / seen["agents"] for size in own]),
                spread(ratios),
            )
        )
    head = ("peer", "agents", "threads", "infections", "ever infected", "set-up s", "180 days s")
    return table((*head, "us an infection", "bytes an agent", "x Lazaretto's time"), rows)


def base_table(runs: Runs, failed: Mapping[str, str], revision: str) -> str:
    """Head against base, paired round by round; above 1 means head is faster."""
    rows = []
    for key, title in (("wave", "Shanghai, R0 8, 180 days"), ("shipped", "as shipped")):
        old, new = runs.get(f"base-{key}", ()), runs.get(key, ())
        if not old or not new:
            reason = failed.get(f"base-{key}") or failed.get(key) or "not measured"
            rows.append((title, "", "", reason, ""))
            continue
        hashes = {str(run.figures.get("series_sha256")) for run in (*old, *new)}
        same = "same" if len(hashes) == 1 else "DIFFERENT"
        ratios = [wall(before) / wall(after) for before, after in zip(old, new, strict=False)]
        cells = (spread([wall(run) for run in old]), spread([wall(run) for run in new]))
        rows.append((title, *cells, spread(ratios), same))
    return table(("work", f"base {revision}: s", "head: s", "base / head", "results"), rows)
