"""Keeping a made population: one folder per content, written whole or not at all, checked on load.

The name of a folder is the hash of everything the population depends on. A folder is written under
a temporary name and renamed; a folder that fails its checks is put aside and made again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import draw_plain
from lazaretto.compiled import cache_folder
from lazaretto.people import assumptions
from lazaretto.people.areas import read_area
from lazaretto.people.census import CensusArea
from lazaretto.people.dwellings import Sizes
from lazaretto.people.making import GENERATOR, Progress, make_population
from lazaretto.people.population import Population

if sys.platform != "win32":
    import resource

FORMAT = 1
"""Raised whenever the files of a cached population change their meaning."""

MANIFEST = "manifest.json"
_CHUNK = 1 << 22

SMALL = 1 << 20
"""Bytes up to which an array is read, not mapped: every map keeps a file open."""

OPEN_FILES = 8_192
"""Files a process may have open once it ran out of them; the nation needs about 1,000."""


class CacheError(Exception):
    """A cached population that is absent, truncated, foreign or corrupt."""


def address(census: CensusArea, sizes: Sizes, seed: int) -> str:
    """Return the hash that names a population: versions, random numbers, tables, figures, seed."""
    figures = {name: f.value for name, f in assumptions.FIGURES.items()}
    head = {
        "format": FORMAT,
        "generator": GENERATOR,
        "chance": draw_plain(1, 2, 3),
        "figures": figures,
        "sizes": asdict(sizes),
        "seed": seed,
    }
    digest = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    digest.update(census.content())
    return digest.hexdigest()


def kept_at(census: CensusArea, seed: int, cache: Path | None = None) -> tuple[Path, str]:
    """Return the folder a population is kept in, and its address.

    Parameters
    ----------
    census, seed
        What it is made from.
    cache
        Folder of cached populations, see `lazaretto.compiled.cache_folder`.
    """
    key = address(census, Sizes(), seed)
    return (cache or cache_folder()) / "people" / f"{census.name}-{key[:16]}", key


def population(
    place: str | Path,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> Population:
    """Return the population of a place, from the cache or newly made.

    Parameters
    ----------
    place
        A name or code (see `lazaretto.people.areas`), or the path of a user's census CSV.
    cache
        Folder of cached populations, see `lazaretto.compiled.cache_folder`.
    progress
        Called with a phase in words and the share done.
    seed
        Seed of the population (not of a run).
    threads
        Threads to make it with; no influence on the result.

    Raises
    ------
    CensusError
        If the place is not known or its tables have problems.
    """
    census = read_area(place)
    folder, key = kept_at(census, seed, cache)
    try:
        return load(folder, key)
    except CacheError:
        pass
    made = make_population(census, seed=seed, threads=threads, progress=progress)
    if progress:
        progress("saving", 0.0)
    try:
        save(made, folder, key)
        loaded = load(folder, key)
    except (OSError, CacheError):
        # A cache that cannot be written costs time, never a run.
        return made
    if progress:
        progress("saving", 1.0)
    return loaded


def save(made: Population, folder: Path, key: str) -> None:
    """Write a population to ``folder``, replacing what is there.

    Parameters
    ----------
    made
        The population.
    folder
        Its final name; written under a temporary name beside it, then renamed.
    key
        Its address.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        files = {}
        for name, array in made.arrays().items():
            path = work / f"{name}.npy"
            np.save(path, array, allow_pickle=False)
            files[name] = {
                "bytes": path.stat().st_size,
                "crc32": _crc(array),
                "shape": list(array.shape),
                "dtype": array.dtype.str,
            }
        manifest = {
            "format": FORMAT,
            "address": key,
            "name": made.name,
            "title": made.title,
            "districts": list(made.districts),
            "n_schools": made.n_schools,
            "files": files,
        }
        manifest["checksum"] = _checksum(manifest)
        (work / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        _put_in_place(work, folder, key)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _put_in_place(work: Path, folder: Path, key: str) -> None:
    """Rename; where another process has finished the same population meanwhile, keep that."""
    for _ in range(3):
        try:
            work.rename(folder)
        except OSError:
            try:
                load(folder, key)
            except CacheError:
                aside = Path(tempfile.mkdtemp(prefix=f".old-{folder.name}-", dir=folder.parent))
                try:
                    folder.rename(aside / "old")
                except OSError:
                    if folder.is_file():
                        raise
                finally:
                    shutil.rmtree(aside, ignore_errors=True)
            else:
                return
        else:
            return
    raise OSError(f"{folder} cannot be replaced")


def load(folder: Path, key: str) -> Population:
    """Return a cached population, its large arrays memory-mapped, all of them read-only.

    Every byte is checked against the checksums of the manifest.

    Parameters
    ----------
    folder
        Where it was saved.
    key
        The address it must have.

    Raises
    ------
    CacheError
        If the folder is absent, truncated, foreign or corrupt.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        checksum = manifest.pop("checksum")
        if checksum != _checksum(manifest):
            raise CacheError(f"{folder}: the manifest is damaged")
        if manifest["format"] != FORMAT or manifest["address"] != key:
            raise CacheError(f"{folder}: another population")
        wanted = {f.name for f in fields(Population) if "NDArray" in str(f.type)}
        if set(manifest["files"]) != wanted:
            raise CacheError(f"{folder}: other arrays than this version needs")
        arrays = {n: _map(folder / f"{n}.npy", about) for n, about in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, TokenError) as error:
        raise CacheError(f"{folder}: {error}") from error
    _check(folder, arrays, manifest["files"])
    return Population(
        name=manifest["name"],
        title=manifest["title"],
        districts=tuple(manifest["districts"]),
        n_schools=manifest["n_schools"],
        **arrays,
    )


def _map(path: Path, about: dict[str, Any]) -> NDArray[Any]:
    if path.stat().st_size != about["bytes"]:
        raise CacheError(f"{path.name}: {path.stat().st_size} bytes, not {about['bytes']}")
    if about["bytes"] <= SMALL:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    else:
        try:
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        except OSError as error:
            if error.errno != errno.EMFILE or not _more_files():
                raise
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        array = np.asarray(mapped)  # Plain over the map: compiled kernels know its type.
    if list(array.shape) != about["shape"] or array.dtype.str != about["dtype"]:
        raise CacheError(f"{path.name}: not the array the manifest describes")
    return array


def _more_files() -> bool:
    """Raise the number of files this process may have open; return whether it was lower."""
    if sys.platform == "win32":
        return False
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft >= wanted:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return True


def _check(folder: Path, arrays: dict[str, NDArray[Any]], files: dict[str, Any]) -> None:
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as executor:
        sums: Iterable[int] = executor.map(_crc, arrays.values())
        for name, found in zip(arrays, sums, strict=True):
            if found != files[name]["crc32"]:
                raise CacheError(f"{folder}: {name} is damaged")


def _crc(array: NDArray[Any]) -> int:
    view = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    value = 0
    for start in range(0, len(view), _CHUNK):
        value = zlib.crc32(view[start : start + _CHUNK], value)
    return value


def _checksum(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
