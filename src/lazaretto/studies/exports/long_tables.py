"""Results as long tables (Parquet) and as one NetCDF file, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lazaretto.outcomes.rows import replicated


def write_tables(results: xr.Dataset, out: Path) -> list[Path]:
    """Write each variable as a table with a row for each of its numbers; return the files.

    Columns are the labels of the axes (replicate and seed, date, district, ...) and the number,
    named as the variable; unit and meaning are in the metadata of its field, and what the run was
    in that of the table.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    out
        The folder.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    runs = replicated(results)
    about = {str(key): str(value) for key, value in runs.attrs.items()}
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, variable in runs.data_vars.items():
        columns: dict[str, Any] = {}
        shape = variable.shape
        for axis, dim in enumerate(variable.dims):
            at = [1] * len(shape)
            at[axis] = shape[axis]
            columns[str(dim)] = _column(runs, str(dim), np.arange(shape[axis]).reshape(at), shape)
            if dim == "replicate" and "seed" in runs.coords:
                seeds = np.broadcast_to(np.asarray(runs["seed"].values).reshape(at), shape)
                columns["seed"] = pa.array(seeds.ravel())
        columns[str(name)] = pa.array(np.ravel(variable.values))
        table = pa.table(columns)
        field = table.schema.field(str(name)).with_metadata(
            {key: str(variable.attrs[key]) for key in ("units", "long_name")
             if key in variable.attrs}
        )  # fmt: skip
        schema = table.schema.set(table.schema.get_field_index(str(name)), field)
        path = out / f"{name}.parquet"
        partial = path.with_name(f".{path.name}.partial")
        pq.write_table(table.cast(schema.with_metadata(about)), partial, compression="zstd")
        partial.replace(path)
        written.append(path)
    return written


def _column(runs: xr.Dataset, dim: str, at: Any, shape: tuple[int, ...]) -> Any:  # noqa: ANN401
    """Return the labels of an axis for every number, texts as a dictionary."""
    import pyarrow as pa

    number = np.broadcast_to(at, shape).ravel()
    if dim not in runs.coords:
        return pa.array(number)
    labels = np.asarray(runs[dim].values)
    if labels.dtype.kind == "M":
        return pa.array(labels.astype("datetime64[D]")[number])
    if labels.dtype.kind in "OU":
        texts = [str(label) for label in labels]
        return pa.DictionaryArray.from_arrays(number.astype(np.int32), texts)
    return pa.array(labels[number])


def write_netcdf(results: xr.Dataset, path: Path) -> Path:
    """Write results as one NetCDF file, with labels, units and what the run was; return the file.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    path
        The file.
    """
    said = results.assign_attrs(source=f"Lazaretto {results.attrs.get('version', '')}".strip())
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    packed = {name: {"zlib": True, "complevel": 4} for name in said.data_vars}
    said.to_netcdf(partial, engine="h5netcdf", encoding=packed)
    partial.replace(path)
    return path
