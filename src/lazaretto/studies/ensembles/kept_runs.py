"""Finished runs of ensembles: one file each with all labelled results, named after the inputs.

A file is written under a temporary name and renamed, so that it is there whole or not at all, and
any number of studies may share a folder: whoever comes second finds what the first has made.

The file is a zip of NumPy arrays with their labels as JSON, whose checksums tell damage. NetCDF
says the same in 20 to 50 times the time where variables are many and small (measured: 0.7 s
against 0.02 s to read a run), and an ensemble has thousands of files.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import zlib
from collections.abc import Hashable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np
import xarray as xr

SINGLE = "single"
"""Name of the folder of single runs, beside the folders of runs with a report."""

LABELS = "labels.json"

LEFT_OVER = ".partial"

ABANDONED = 600.0
"""Seconds after which a file that is only half written is nobody's any more."""


class RunsNotWritableError(OSError):
    """A folder of finished runs that cannot be made or written."""


def file_of(out: Path, digest: str) -> Path:
    """Return the file of a run below a folder, by the hash of its inputs.

    Parameters
    ----------
    out
        Folder of finished runs.
    digest
        64 hexadecimal digits, see `lazaretto.studies.run_folder.digest_of`.
    """
    return out / SINGLE / digest[:2] / f"{digest}.npz"


def keep(results: xr.Dataset, file: Path) -> None:
    """Write the labelled results of a run, whole or not at all.

    Parameters
    ----------
    results
        Labelled results.
    file
        Where, see `file_of`.

    Raises
    ------
    RunsNotWritableError
        If the folder cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        start = f".{file.stem[:12]}-"
        handle, name = tempfile.mkstemp(LEFT_OVER, start, file.parent)
        os.close(handle)
        partial = Path(name)
        try:
            _write(results, partial)
            partial.chmod(0o644)
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        said = error.strerror or error
        raise RunsNotWritableError(
            f"{file.parent} cannot be written ({said}); runs made so far are kept, and the same "
            "command goes on with the others"
        ) from error


def find(file: Path) -> xr.Dataset | None:
    """Return the results in a file; None if it is not there or not what was written.

    Parameters
    ----------
    file
        See `file_of`.
    """
    try:
        return _read(file)
    except (OSError, KeyError, ValueError, EOFError, BadZipFile, zlib.error):
        return None


def _write(results: xr.Dataset, file: Path) -> None:
    labels: dict[str, Any] = {"attrs": _plain(results.attrs), "data": {}, "coordinates": {}}
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as packed:
        for kind, variables in (("data", results.data_vars), ("coordinates", results.coords)):
            for name, array in variables.items():
                labels[kind][name] = {"dims": array.dims, "attrs": _plain(array.attrs)}
                values = np.asarray(array.values)
                values = values.astype(str) if values.dtype == object else values
                with packed.open(f"{name}.npy", "w") as entry:
                    np.lib.format.write_array(entry, values, allow_pickle=False)
        packed.writestr(LABELS, json.dumps(labels))


def _read(file: Path) -> xr.Dataset:
    with ZipFile(file) as packed:
        labels = json.loads(packed.read(LABELS))
        read: dict[str, dict[str, Any]] = {"data": {}, "coordinates": {}}
        for kind, variables in read.items():
            for name, about in labels[kind].items():
                with packed.open(f"{name}.npy") as entry:
                    values = np.lib.format.read_array(entry, allow_pickle=False)
                variables[name] = (tuple(about["dims"]), values, about["attrs"])
    return xr.Dataset(read["data"], read["coordinates"], labels["attrs"])


def _plain(attributes: Mapping[Hashable, Any]) -> dict[str, Any]:
    return {
        str(name): value.item() if isinstance(value, np.generic) else value
        for name, value in attributes.items()
    }


def tidy(out: Path) -> None:
    """Remove what killed processes left half written.

    Parameters
    ----------
    out
        Folder of finished runs; it need not exist.
    """
    now = time.time()
    for path in out.glob(f"{SINGLE}/??/.*{LEFT_OVER}"):
        with suppress(OSError):
            if now - path.stat().st_mtime > ABANDONED:
                path.unlink()
