"""What a run says of itself in one line of JSON."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import xarray as xr

from lazaretto.outcomes import person_days, reported_net


def summary_of(
    results: xr.Dataset,
    parts: list[xr.Dataset],
    *,
    run: Path | None,
    scenario: str,
    days: int,
    seed: int,
    threads: int,
    setup_s: float,
) -> dict[str, Any]:
    """Return what ``run --json`` prints; with replicates, means of counts and sums of seconds.

    Parameters
    ----------
    results
        The replicates side by side.
    parts
        Each replicate by itself.
    run
        The run folder, if there is one.
    scenario, days, seed, threads
        What was run, from which first seed and on how many threads.
    setup_s
        Seconds of preparation shared by the replicates.
    """
    infections = results["infections"].sum(("date", "district", "layer")).to_numpy()
    reported = reported_net(results).sum(("date", "district")).to_numpy()
    hashes = [str(part.attrs["series_sha256"]) for part in parts]
    deaths = results["deaths"].sum(("date", "district")).to_numpy()
    cost = person_days(results).mean("replicate")
    each = [
        {
            "seed": int(part.attrs["seed"]),
            "infections": int(infections[i]),
            "reported": int(reported[i]),
            "deaths": int(deaths[i]),
            "wall_s": float(part.attrs["wall_s"]),
            "series_sha256": hashes[i],
        }
        for i, part in enumerate(parts)
    ]
    sent = [json.loads(part.attrs["messages"]) for part in parts if "messages" in part.attrs]
    joined = hashlib.sha256("".join(hashes).encode()).hexdigest()
    return {
        "run": None if run is None else str(run),
        "scenario": scenario,
        "seed": seed,
        "threads": threads,
        "persons": int(parts[0].attrs["persons"]),
        "days": days,
        "infections": round(float(infections.mean())),
        "reported": round(float(reported.mean())),
        "deaths": round(float(deaths.mean())),
        "person_days": {
            str(kind): round(float(days))
            for kind, days in zip(cost["kind"].values, cost.values, strict=True)
        },
        "setup_s": round(setup_s + sum(float(part.attrs["setup_s"]) for part in parts), 3),
        "wall_s": round(sum(float(part.attrs["wall_s"]) for part in parts), 3),
        "peak_rss_mib": round(peak_memory() / 2**20, 1),
        "series_sha256": hashes[0] if len(hashes) == 1 else joined,
        "replicates": each,
    } | ({"messages": sent} if sent else {})


def peak_memory() -> int:
    """Return the largest resident memory of this process so far, bytes; 0 where it is unknown."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    if sys.platform == "win32":
        return 0
    import resource

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
