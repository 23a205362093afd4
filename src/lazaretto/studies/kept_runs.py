"""Finished runs of ensembles: one NetCDF file each, named after the inputs of the run.

A file is written under a temporary name and renamed, so that it is there whole or not at all, and
any number of studies may share a folder: whoever comes second finds what the first has made.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import xarray as xr

SINGLE = "single"
"""Name of the folder of single runs, beside the folders of runs with a report."""

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
    return out / SINGLE / digest[:2] / f"{digest}.nc"


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
            # A damaged file then cannot be read instead of being read wrongly.
            packed = {"zlib": True, "complevel": 4, "fletcher32": True}
            encoding = {name: packed for name, array in results.data_vars.items() if array.ndim}
            results.to_netcdf(partial, engine="h5netcdf", encoding=encoding)
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
        return xr.load_dataset(file, engine="h5netcdf")
    except (OSError, KeyError, ValueError, RuntimeError):
        return None


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
