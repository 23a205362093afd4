"""Results as model output of a hub: one table, one row a prediction (docs.hubverse.io)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.rows import replicated

Period = Literal["day", "week"]

COLUMNS = (
    "origin_date", "target", "horizon", "target_end_date", "location", "output_type",
    "output_type_id", "value",
)  # fmt: skip
"""Columns of a table: task, what stands for the prediction, and the prediction."""

LEVELS = (
    0.01, 0.025, *(round(0.05 * i, 2) for i in range(1, 20)), 0.975, 0.99,
)  # fmt: skip
"""Probability levels of the quantiles, the 23 that forecast hubs ask for."""

MODEL_ID = re.compile(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*-[A-Za-z0-9]+(_[A-Za-z0-9]+)*")
"""What a hub takes for a model: team and model, a hyphen between them."""

SATURDAY = 5


def model_id_of(scenario: str) -> str:
    """Return the model of a scenario: ``lazaretto-shanghai_2022``."""
    return f"lazaretto-{re.sub(r'[^A-Za-z0-9]+', '_', scenario).strip('_')}"


def hub_table(
    results: xr.Dataset, origin: date | None = None, period: Period = "day"
) -> pd.DataFrame:
    """Return the model output of a run: cases, deaths and hospital admissions by day or week.

    ``inc case`` counts persons when they are first reported, confirmed or asymptomatic;
    ``inc death`` deaths; ``inc hosp`` admissions to a ward or intensive care, which are known of
    the whole place only. Of weeks the targets are called ``wk inc case`` and so on; a week ends on
    a Saturday, and only whole weeks of the run are given.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    origin
        The origin date, horizon 0; only days from it on are given. The first day if absent.
    period
        Whether a row is of a day or a week.

    Returns
    -------
    Columns `COLUMNS`. With one run there is no quantile and no median; its samples are numbered as
    the runs are, and one number is one run across all rows.
    """
    runs = replicated(results)
    days = [day.astype("datetime64[D]").item() for day in runs["date"].values]
    origin = origin or days[0]
    parts = []
    for target, location, counted in _series(runs):
        ends, values = (days, counted) if period == "day" else _weeks(days, counted)
        name = target if period == "day" else f"wk {target}"
        step = 1 if period == "day" else 7
        for end, numbers in zip(ends, values.T, strict=True):
            if end - timedelta(days=step - 1) >= origin:  # a week counts if all of it does
                horizon = (end - origin).days // step
                parts.append(_rows((origin, name, horizon, end, location), numbers))
    rows = [row for part in parts for row in part]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def write_hub(
    results: xr.Dataset,
    out: Path,
    model_id: str,
    origin: date | None = None,
    period: Period = "day",
    ending: Literal["csv", "parquet"] = "csv",
) -> Path:
    """Write the model output of a run where a hub looks for it, and return the file.

    Parameters
    ----------
    results, origin, period
        As for `hub_table`.
    out
        The folder of the hub.
    model_id
        Team and model, such as ``lazaretto-shanghai_2022``.
    ending
        In which form it is written.
    """
    table = hub_table(results, origin, period)
    first = table["origin_date"].iloc[0] if len(table) else origin
    path = out / "model-output" / model_id / f"{first}-{model_id}.{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    table = table.assign(
        origin_date=table["origin_date"].astype(str),
        target_end_date=table["target_end_date"].astype(str),
    )
    if ending == "csv":
        table.to_csv(partial, index=False, na_rep="NA")
    else:
        kept = table.assign(output_type_id=table["output_type_id"].astype("string"))
        kept.to_parquet(partial, index=False)
    partial.replace(path)
    return path


def _series(runs: xr.Dataset) -> Iterator[tuple[str, str, NDArray[np.float64]]]:
    """Yield target, location and counts of shape (n_replicates, n_days)."""
    place = str(runs.attrs.get("place") or "whole place")
    reported = runs["confirmed"] + runs["asymptomatic"]
    districts = [str(name) for name in runs["district"].values]
    for target, counted in (("inc case", reported), ("inc death", runs["deaths"])):
        by_place = counted.transpose("replicate", "date", "district").values.astype(np.float64)
        yield target, place, by_place.sum(axis=2)
        if len(districts) > 1:
            for i, name in enumerate(districts):
                yield target, name, by_place[:, :, i]
    admitted = runs["admissions"].sum(("age", "dose", "care")).transpose("replicate", "date")
    yield "inc hosp", place, admitted.values.astype(np.float64)


def _weeks(
    days: list[date], counted: NDArray[np.float64]
) -> tuple[list[date], NDArray[np.float64]]:
    """Return the Saturdays that end whole weeks, and sums over these, (n_replicates, n_weeks)."""
    ends = [i for i, day in enumerate(days) if day.weekday() == SATURDAY and i >= 6]
    sums = [counted[:, i - 6 : i + 1].sum(axis=1) for i in ends]
    whole = np.stack(sums, axis=1) if sums else np.empty((counted.shape[0], 0))
    return [days[i] for i in ends], whole


def _rows(
    task: tuple[date, str, int, date, str], numbers: NDArray[np.float64]
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of one prediction, from its number in each run."""
    yield (*task, "mean", None, float(numbers.mean()))
    if numbers.size > 1:
        yield (*task, "median", None, float(np.median(numbers)))
        for level, value in zip(LEVELS, np.quantile(numbers, LEVELS), strict=True):
            yield (*task, "quantile", f"{level:g}", float(value))
    for i, number in enumerate(numbers, 1):
        yield (*task, "sample", str(i), float(number))
