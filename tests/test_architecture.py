"""What the shape of the code must be: who imports whom, how long, and what is in no file."""

from __future__ import annotations

import ast
import re
import subprocess
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from lazaretto.engine.checked import checked_measures
from lazaretto.nation.plans import plan_nation
from lazaretto.scenario import Scenario, library

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "lazaretto"
FILES = sorted(SOURCE.rglob("*.py"))

STOREYS = (
    {"cli"},
    {"commands"},
    {"web"},
    {"console", "agents"},
    {"session", "reporting"},
    {"report", "studies"},
    {"nation"},
    {"engine"},
    {"behaviour"},
    {"measures", "outcomes"},
    {"people", "disease"},
    {"scenario"},
    {"chance"},
    {"data", "words", "provenance", "compiled", "whole_files"},
)
"""A room may import rooms of its own storey's neighbours below it, never one above or beside it."""

LAZY = {("__init__", "session")}
"""The package itself hands out what a notebook needs, loaded when first asked for."""

LONGEST = 400


def storey(room):
    return next(i for i, rooms in enumerate(STOREYS) if room in rooms)


def room_of(path):
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(text, package):
    """Return (line, room) of every import of the package, at the top or inside a function."""
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "lazaretto" and len(parts) > 1 and parts[1] != "__version__":
                yield node.lineno, parts[1]


def backward(room, text, package):
    """Return (line, room) of the imports that a room may not make."""
    return [
        (line, other)
        for line, other in imported_rooms(text, package)
        if (room, other) not in LAZY
        and (room == "__init__" or (other != room and storey(other) <= storey(room)))
    ]


def test_every_room_has_its_storey():
    rooms = {room_of(path) for path in FILES} - {"__init__"}
    assert rooms <= set().union(*STOREYS)


def test_imports_run_one_way():
    found = []
    for path in FILES:
        package = ["lazaretto", *path.relative_to(SOURCE).parts[:-1]]
        for line, other in backward(room_of(path), path.read_text(encoding="utf-8"), package):
            found.append(f"{path.relative_to(ROOT)}:{line} imports {other}")
    assert not found


@pytest.mark.parametrize(
    ("room", "text", "found"),
    [
        ("engine", "def f():\n    from lazaretto.studies.run import x", [(2, "studies")]),
        ("engine", "import lazaretto.cli", [(1, "cli")]),
        ("engine", "from lazaretto import report", [(1, "report")]),
        ("engine", "from ..studies import run", [(1, "studies")]),
        ("studies", "from lazaretto.report import plot", [(1, "report")]),
        ("engine", "from .rates import x; from lazaretto.people import y; import numpy", []),
        ("__init__", "from lazaretto import session", []),
        ("__init__", "from lazaretto.engine import x", [(1, "engine")]),
    ],
)
def test_a_backward_import_is_noticed_wherever_it_is(room, text, found):
    assert backward(room, text, ["lazaretto", "engine"]) == found


def module_of(path):
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")


def imported_modules(name, text, modules):
    """Return the modules that one imports, at the top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}, line {node.lineno}: write the whole name"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & modules
            found |= {str(node.module)} if inner - modules else set()
    return (found & modules) - {name, "lazaretto"}


def in_order(texts):
    """Return modules so that each comes after all that it imports; a circle is an error."""
    above = {name: imported_modules(name, text, set(texts)) for name, text in texts.items()}
    return list(TopologicalSorter(above).static_order())


def test_no_circle_of_imports():
    texts = {module_of(path): path.read_text(encoding="utf-8") for path in FILES}
    assert set(in_order(texts)) == set(texts)


@pytest.mark.parametrize(
    "back",
    ["import p.b", "from p import b, c", "from p.b import x", "def f():\n    from p.b import x",
     "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.b import x"],
)  # fmt: skip
def test_a_circle_is_noticed_wherever_it_is(back):
    texts = {"p": "", "p.a": "from p import c\nfrom p.c import x", "p.b": "from p.a import y",
             "p.c": ""}  # fmt: skip
    assert in_order(texts).index("p.a") < in_order(texts).index("p.b")
    with pytest.raises(CycleError):
        in_order(texts | {"p.a": back})


def test_a_name_and_a_file_of_one_package_are_both_seen():
    texts = {"p": "from p.a import y", "p.a": "from p import f, b", "p.b": ""}
    with pytest.raises(CycleError):
        in_order(texts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_too_long(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{lines} lines; split it by what a reader would look for"


def test_chance_comes_from_one_room_only():
    elsewhere = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "random":
                elsewhere.append(f"{path.relative_to(ROOT)}:{node.lineno}")
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = getattr(node, "module", None) or ""
                names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
                names += [alias.name for alias in node.names]
                if {"random", "secrets", "numpy.random"} & {n.removeprefix(".") for n in names}:
                    elsewhere.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not elsewhere


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


# Put together here, so that this file does not hold what it looks for.
REGISTRY = re.compile(r"(?:pypi|npmjs|crates|conda|files\.pythonhosted)\." + r"(?:org|io|com)|"
                      + "index" + r"[-_]url|:\d{4,5}/simple")  # fmt: skip
MACHINE = re.compile(r"(?<![\w.~/])/(?:" + "work|tmp|home|root|Users" + r")/[\w.-]+")


def test_no_file_names_a_registry_or_a_path_of_a_machine():
    found = []
    for path in tracked():
        if not path.is_file() or path.suffix in (".png", ".pdf", ".parquet", ".nc", ".npz", ".gz"):
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            for pattern in (REGISTRY, MACHINE):
                said = pattern.search(line)
                if said:
                    found.append(f"{path.relative_to(ROOT)}:{number} {said.group()}")
    assert not found


@pytest.mark.parametrize("name", [name for name, _ in library()])
def test_every_scenario_of_the_library_is_sound(name):
    scenario = Scenario.load(name)
    assert scenario.name == name
    if scenario.nation is None:
        measures = checked_measures(scenario)
        assert len(measures) == len(scenario.measures)
    else:
        measures = plan_nation(scenario).measures()
        assert measures
    for measure in measures:
        assert measure.first is None or scenario.start <= measure.first <= scenario.end
        assert measure.last is None or scenario.start <= measure.last <= scenario.end
