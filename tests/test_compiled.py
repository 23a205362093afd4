"""Kept kernels are never older than the files they are compiled from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from numba import config

from lazaretto import compiled


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    source = Path(compiled.__file__).parent
    for made in compiled.MADE_OF:
        for path in source.glob(made):
            target = tmp_path / path.relative_to(source)
            target.parent.mkdir(exist_ok=True)
            shutil.copy(path, target)
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    return tmp_path


def test_the_folder_in_use_is_named_after_the_source():
    assert Path(config.CACHE_DIR).name == compiled.source_digest()


def test_any_change_of_a_file_kernels_are_made_of_changes_the_name(copied: Path):
    before = compiled.source_digest()
    for name in ("chance.py", "words.py", "engine/exposures.py", "people/population.py"):
        path = copied / name
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        after = compiled.source_digest()
        assert after != before
        before = after


def test_every_compiled_file_is_among_them():
    source = Path(compiled.__file__).parent
    watched = {path for made in compiled.MADE_OF for path in source.glob(made)}
    compiling = {p for p in source.rglob("*.py") if "@njit" in p.read_text(encoding="utf-8")}
    assert compiling
    assert compiling <= watched


def test_old_folders_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAZARETTO_CACHE", str(tmp_path))
    monkeypatch.setattr(config, "CACHE_DIR", config.CACHE_DIR)
    for i in range(8):
        (tmp_path / "kernels" / f"old-{i}").mkdir(parents=True)
    compiled.keep_kernels()
    left = list((tmp_path / "kernels").iterdir())
    assert len(left) == compiled.KEPT
    assert Path(config.CACHE_DIR) in left
