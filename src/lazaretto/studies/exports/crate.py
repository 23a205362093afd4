"""A run folder or a folder of runs as an RO-Crate: every file described, with what it was made of.

RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): a folder with ``ro-crate-metadata.json``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lazaretto.disease import variant
from lazaretto.provenance import Figure
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies.manifest import MANIFEST, read_manifest

VERSION = "1.1"

EXTRA = "lazaretto[studies]"
"""The optional extra that brings the library."""

KINDS = {
    ".nc": "application/x-netcdf",
    ".parquet": "application/vnd.apache.parquet",
    ".yaml": "application/yaml",
    ".json": "application/json",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
}
"""Media types by the ending of a file."""

WHAT = {
    "scenario.yaml": "the scenario as resolved, every default written out",
    "trajectories.nc": "labelled results of all replicates",
    "manifest.json": "inputs, their hash, versions, summary",
    "report.html": "the report",
    "compared.html": "several policies beside this one",
    "branch.json": "which past the run shares with others",
}
"""What the files of a run folder are."""

NOT_STATED = "#licence-not-stated"

DOI = re.compile(r"\b10\.\d{4,9}/(?:[^\s,;()\]]|\([^\s()]*\))*[^\s,;.()\]]")

Source = tuple[str, str, str]
"""What, from where, licence."""


class CrateError(Exception):
    """A crate that does not name what lies in it, or names what does not."""


def runs_in(folder: Path) -> dict[Path, dict[str, Any]]:
    """Return the run folders that a folder is or holds, in order, with their manifests."""
    own = read_manifest(folder)
    if own is not None:
        return {folder: own}
    below = sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
    read = ((run, read_manifest(run)) for run in below)
    return {run: manifest for run, manifest in read if manifest is not None}


def files_in(folder: Path) -> list[Path]:
    """Return the files below a folder that are part of it: none that is hidden or unfinished."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.name != "ro-crate-metadata.json"
        and not path.name.endswith(".partial")
    )


def write_crate(
    folder: Path, out: Path, sources: Sequence[Source] = (), licence: str | None = None
) -> list[str]:
    """Write a run folder, or a folder of run folders, as a crate; return the files it names.

    Parameters
    ----------
    folder
        The run folder, or a folder with run folders in it (a study).
    out
        Where to: a folder that is not there yet, or a file ending in ``.zip``.
    sources
        Data behind the runs: what, source, licence.
    licence
        SPDX identifier of the licence of the results; that none is stated is said if absent.

    Raises
    ------
    CrateError
        If the crate, read again, does not name every file, or names one that is not there.
    """
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=VERSION)

    def context(identifier: str, **properties: Any) -> Any:  # noqa: ANN401 - JSON values
        return crate.add(ContextEntity(crate, identifier, properties=properties))

    manifests = runs_in(folder)
    if not manifests:
        raise CrateError(f"{folder} is no run folder and holds none")
    first = next(iter(manifests.values()))
    newest = max((run / MANIFEST).stat().st_mtime for run in manifests)
    names = sorted({str(each["summary"]["scenario"]) for each in manifests.values()})
    crate.name = f"Lazaretto: {', '.join(names[:6])}{' and others' if len(names) > 6 else ''}"
    crate.description = (
        f"{len(manifests)} simulated run{'s' if len(manifests) > 1 else ''} of containment "
        "policies, person by person, with what the virus and what the policy costs people. "
        "Synthetic people only."
    )
    crate.datePublished = datetime.fromtimestamp(newest, UTC)
    crate.license = _licence(context, licence)
    apache = context("https://spdx.org/licenses/Apache-2.0", **{"@type": "CreativeWork"},
                     name="Apache License 2.0")  # fmt: skip
    version = str(first["inputs"]["lazaretto"])
    needed = ", ".join(f"{key} {value}" for key, value in first["versions"].items())
    software = context("#lazaretto", **{"@type": "SoftwareApplication"}, name="Lazaretto",
                       softwareVersion=version, version=version, license=apache,
                       softwareRequirements=needed)  # fmt: skip
    entities = {}
    for path in files_in(folder):
        name = path.relative_to(folder).as_posix()
        entities[path] = crate.add_file(path, name, properties=_about(path, folder))
    for run, manifest in manifests.items():
        part = crate.root_dataset
        if run != folder:
            part = crate.add_dataset(dest_path=run.relative_to(folder).as_posix(), properties={
                "name": run.name, "description": _title(run)})  # fmt: skip
            part["hasPart"] = [entities[path] for path in entities if run in path.parents]
        inputs = manifest["inputs"]
        context(
            f"#run-{manifest['digest'][:12]}", **{"@type": "CreateAction"},
            name=f"{manifest['summary']['scenario']}, {inputs['replicates']} replicates from seed "
            f"{inputs['seed']}",
            description=f"inputs {manifest['digest']}, model {inputs['model']}",
            instrument=software,
            object=[entities[path] for path in (run / "scenario.yaml",) if path in entities],
            result=[entities[path] for path in (run / "trajectories.nc",) if path in entities],
        )  # fmt: skip
    cited = [*_sources(context, sources), *_papers(context, manifests)]
    if cited:
        crate.root_dataset["citation"] = cited
    if out.suffix == ".zip":
        out.parent.mkdir(parents=True, exist_ok=True)
        crate.write_zip(out)
    else:
        crate.write(out)
    return check_crate(out, [path.relative_to(folder).as_posix() for path in entities])


def check_crate(out: Path, expected: Sequence[str]) -> list[str]:
    """Read a crate again and return the files it names.

    Parameters
    ----------
    out
        The crate, a folder or a ``.zip`` file.
    expected
        Names of the files that must be in it.

    Raises
    ------
    CrateError
        If one of them is not named, or a named one is not there.
    """
    from rocrate.rocrate import ROCrate

    read = ROCrate(out)
    named = sorted(str(each.id) for each in read.data_entities if each.type == "File")
    lost = sorted(set(expected) - set(named))
    absent = [str(each.id) for each in read.data_entities
              if each.type == "File" and not Path(str(each.source)).is_file()]  # fmt: skip
    if lost or absent:
        raise CrateError(f"{out}: not named {lost}, named but not there {absent}")
    return named


def _about(path: Path, folder: Path) -> dict[str, Any]:
    figure = "figures" in path.relative_to(folder).parts
    what = WHAT.get(path.name) or ("a figure of the report" if figure else "a file of the run")
    if path.name.startswith("events-"):
        what = "every infection of one replicate: who, by whom, when, where"
    about: dict[str, Any] = {"name": path.name, "description": what,
                             "contentSize": str(path.stat().st_size)}  # fmt: skip
    kind = KINDS.get(path.suffix)
    return about | ({"encodingFormat": kind} if kind else {})


def _scenario(run: Path) -> Scenario | None:
    """Return the scenario of a run; none if it is of another version and cannot be read."""
    try:
        return Scenario.load(run / "scenario.yaml")
    except ScenarioError:
        return None


def _title(run: Path) -> str:
    scenario = _scenario(run)
    return run.name if scenario is None else scenario.title


def _figures(run: Path) -> list[tuple[str, Figure]]:
    """Return the numbers of a run's scenario and disease, with their keys."""
    scenario = _scenario(run)
    if scenario is None:
        return []
    disease = variant(scenario.disease).figures()
    return [*scenario.figures(), *((f"{scenario.disease}.{key}", each) for key, each in disease)]


def _licence(context: Any, licence: str | None) -> Any:  # noqa: ANN401 - of the library
    if licence is None:
        words = "No licence is stated for these results; ask who made them."
        return context(NOT_STATED, **{"@type": "CreativeWork"}, name=words)
    address = f"https://spdx.org/licenses/{licence}"
    return context(address, **{"@type": "CreativeWork"}, name=licence, url=address)


def _sources(context: Any, sources: Sequence[Source]) -> Iterator[Any]:  # noqa: ANN401
    for number, (what, where, licence) in enumerate(sources):
        yield context(f"#source-{number}", **{"@type": "CreativeWork"}, name=what,
                      description=where, license=licence or "not stated")  # fmt: skip


def _papers(context: Any, runs: Sequence[Path] | dict[Path, Any]) -> Iterator[Any]:  # noqa: ANN401
    """Yield the papers that numbers of the scenarios cite by DOI."""
    found: dict[str, list[str]] = {}
    for run in runs:
        for key, figure in _figures(run):
            for doi in DOI.findall(f"{figure.source} {figure.note}"):
                keys = found.setdefault(doi, [])
                if key not in keys:
                    keys.append(key)
    for doi, keys in sorted(found.items()):
        said = ", ".join(keys[:8]) + (" and others" if len(keys) > 8 else "")
        yield context(f"https://doi.org/{doi}", **{"@type": "ScholarlyArticle"}, name=doi,
                      description=f"source of {said}")  # fmt: skip
