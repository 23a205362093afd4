"""What a finished run gave by day, both pans of the scale side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lazaretto.outcomes import reported_net

BAND = (0.05, 0.5, 0.95)
"""Quantiles over the replicates."""


def daily(run: Path) -> dict[str, Any]:
    """Return medians and 90 % bands by day of the whole place, persons.

    ``reported``, ``infections``, ``deaths`` are of the day; ``sealed`` and ``controlled`` are the
    residents confined to home and compound. Health never comes without confinement.

    Parameters
    ----------
    run
        Folder of a finished run.

    Raises
    ------
    FileNotFoundError
        If it holds no finished run.
    """
    file = run / "trajectories.nc"
    if not file.is_file() or not (run / "manifest.json").is_file():
        raise FileNotFoundError(f"{run} holds no finished run; see the tool known, runs")
    with xr.open_dataset(file, engine="h5netcdf") as data:
        results = data if "replicate" in data.dims else data.expand_dims("replicate")
        tiers = results["persons_by_tier"].sum("district")
        series = {
            "reported": reported_net(results).sum("district"),
            "infections": results["infections"].sum(("district", "layer")),
            "deaths": results["deaths"].sum("district"),
            "sealed": tiers.sel(tier="sealed"),
            "controlled": tiers.sel(tier="controlled"),
        }
        found = {
            name: np.quantile(each.transpose("replicate", "date").to_numpy(), BAND, axis=0)
            for name, each in series.items()
        }
        return {
            "replicates": int(results.sizes["replicate"]),
            "quantiles": list(BAND),
            "date": [str(day)[:10] for day in results["date"].to_numpy()],
            **{name: values.round(1).tolist() for name, values in found.items()},
        }
