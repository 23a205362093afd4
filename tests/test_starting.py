"""What commands look at before they simulate anything: the folder, and whether they compile."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.commands import starting
from lazaretto.commands.starting import COMPILING, check_folder, check_set_once, kernels_kept
from lazaretto.engine.transmission import emit
from lazaretto.scenario import ScenarioError

WRITING = {
    "run": ("chongming-example",),
    "compare": ("chongming-example",),
    "branch": ("chongming-example", "--on", "2022-04-20", "--with", "food_delivery:share=0.8"),
    "sweep": ("chongming-example", "--vary", "r0=6,8"),
    "sensitivity": ("chongming-example",),
    "choose": ("chongming-example",),
    "frontier": (),
    "calibrate": ("shanghai-2022",),
}
"""Commands that simulate for long before they write all they write."""


@pytest.mark.parametrize("command", WRITING)
def test_a_folder_that_is_none_is_found_before_anything_is_run(tmp_path, command):
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file" / "deep" / "below"):
        result = CliRunner().invoke(app, [command, *WRITING[command], "--out", str(out)])
        assert result.exit_code == 2, result.output
        assert result.stderr.startswith("1 problem with the options:\n  1. --out is ")
        assert f"{tmp_path / 'file'} is a file: name a folder" in result.stderr


def test_nothing_can_be_written_below_proc(tmp_path):
    with pytest.raises(ScenarioError, match="nothing can be written in /proc"):
        check_folder(Path("/proc/runs"))
    check_folder(tmp_path / "new" / "one")
    assert not list(tmp_path.iterdir()), "a look leaves nothing behind"


def test_compiling_is_said_once_while_there_are_no_kernels(tmp_path, monkeypatch, capsys):
    kept = tmp_path / "kernels"
    monkeypatch.setattr(type(emit.stats), "cache_path", str(kept), raising=False)
    monkeypatch.setattr(emit, "_cache", _Kept(str(kept)))
    assert not kernels_kept()
    starting.say_if_compiling()
    assert COMPILING in capsys.readouterr().err
    kept.mkdir()
    (kept / "transmission.emit-70.py39.nbi").touch()
    assert not kernels_kept(), "of another Python"


class _Kept:
    """Where numba keeps kernels."""

    def __init__(self, path):
        self.cache_path = path


def test_what_is_varied_is_not_set():
    check_set_once(["r0"], ["measures.seal.to=2022-05-01"])
    with pytest.raises(ScenarioError) as error:
        check_set_once(["r0", "measures.seal.to"], ["r0 = 3", "measures.seal.to=2022-05-01"])
    assert len(error.value.problems) == 2
