"""What people install: wheel and source archive, built, checked, and run in fresh environments."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

import lazaretto

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
LARGEST = 25_000_000
"""Bytes of an archive at most."""

PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def run(*words: object, **more: object) -> subprocess.CompletedProcess[str]:
    command = [str(word) for word in words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout[-2_000:]}\n{done.stderr[-2_000:]}"
    return done


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both archives, as `make dist` builds them."""
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return folder


def only(folder: Path, ending: str) -> Path:
    [file] = folder.glob(f"*{ending}")
    return file


def test_both_archives_are_small_and_say_what_they_are(dist: Path):
    pytest.importorskip("twine")
    said = run(sys.executable, "-m", "twine", "check", "--strict", *dist.iterdir())
    assert said.stdout.count("PASSED") == 2
    for ending in (".whl", ".tar.gz"):
        size = only(dist, ending).stat().st_size
        print(f"{only(dist, ending).name}: {size:,} bytes")
        assert size < LARGEST


def test_the_wheel_holds_the_package_whole_and_nothing_else(dist: Path):
    with zipfile.ZipFile(only(dist, ".whl")) as wheel:
        names = wheel.namelist()
        [about] = [name for name in names if name.endswith("METADATA")]
        metadata = message_from_bytes(wheel.read(about))
    info = about.partition("/")[0]
    packed = {name for name in names if not name.startswith(f"{info}/")}
    tracked = run("git", "ls-files", "src/lazaretto", cwd=ROOT).stdout.split()
    assert packed == {name.removeprefix("src/") for name in tracked}
    assert metadata["Version"] == lazaretto.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert f"{info}/licenses/LICENSE" in names
    assert f"{info}/entry_points.txt" in names


def test_the_source_archive_builds_the_same_wheel(dist: Path, tmp_path: Path):
    with tarfile.open(only(dist, ".tar.gz")) as source:
        source.extractall(tmp_path, filter="data")
    [folder] = tmp_path.iterdir()
    assert {"CITATION.cff", "SECURITY.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "docs",
            "tests"} <= {path.name for path in folder.iterdir()}  # fmt: skip
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "again", folder)
    with (
        zipfile.ZipFile(only(tmp_path / "again", ".whl")) as again,
        zipfile.ZipFile(only(dist, ".whl")) as wheel,
    ):
        assert again.namelist() == wheel.namelist()
        for name in wheel.namelist():
            assert again.read(name) == wheel.read(name), name


def interpreter(version: str) -> str | None:
    """Return a Python of a version that works here, None if there is none."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    managed = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for found in (*map(str, managed), shutil.which(f"python{version}")):
        if found is None:
            continue
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
        if said.returncode == 0 and f" {version}." in said.stdout:
            return found
    return None


@pytest.mark.parametrize("version", PYTHONS)
def test_the_wheel_alone_is_enough_to_run_a_scenario(dist: Path, tmp_path: Path, version: str):
    """A fresh environment, the newest of every dependency, one run, a report."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} on this machine")
    run(python, "-m", "venv", tmp_path / "venv")
    own = tmp_path / "venv" / "bin"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["LAZARETTO_CACHE"] = str(tmp_path / "cache")
    quiet = ("--quiet", "--disable-pip-version-check")
    run(own / "python", "-m", "pip", "install", *quiet, only(dist, ".whl"), env=environment)
    here = {"env": environment, "cwd": tmp_path}
    assert lazaretto.__version__ in run(own / "lazaretto", "--version", **here).stdout
    made = run(own / "lazaretto", "run", "chongming-example", "--replicates", 1, "--json", **here)
    said = json.loads(made.stdout)
    assert said["infections"] > 0
    assert (tmp_path / said["run"] / "report.html").stat().st_size > 100_000
    installed = run(own / "python", "-m", "pip", "list", "--format", "json", **here).stdout
    print(f"\nPython {version}: {len(json.loads(installed))} packages, "
          f"series {said['series_sha256'][:12]}")  # fmt: skip
