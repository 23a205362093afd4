"""From the name of a measure in a scenario file to the measure, with every problem at once."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from lazaretto.measures.measure import Measure, known_measures
from lazaretto.scenario import MeasureEntry, Problem, did_you_mean, one_of, shown
from lazaretto.scenario.reading import fields_of, model_in
from lazaretto.scenario.sentences import in_words
from lazaretto.scenario.sourced import STATUSES, is_number_with_provenance
from lazaretto.scenario.units import unit_of

OWN = "file.py:Class for a measure of your own"


class NoSuchMeasureError(Exception):
    """A name behind which there is no measure.

    Parameters
    ----------
    allowed
        What could be named.
    advice
        What to do.
    """

    def __init__(self, allowed: str, advice: str) -> None:
        self.allowed, self.advice = allowed, advice
        super().__init__(f"{allowed}; {advice}")


def measure_class(word: str, folder: Path | None = None) -> type[Measure]:
    """Return the class behind the name of a measure.

    Parameters
    ----------
    word
        A known word, ``package.module:Class`` or ``file.py:Class``.
    folder
        Folder that a file's path is relative to; the working folder if absent.

    Raises
    ------
    NoSuchMeasureError
        If there is no such class, or its file cannot be run.
    """
    known = known_measures()
    if word in known:
        return known[word]
    where, _, class_name = word.partition(":")
    if not class_name:
        advice = did_you_mean(word, known, "choose one of them or name your own")
        raise NoSuchMeasureError(f"{one_of(known)}; or {OWN}", advice)
    module = _module(where, folder)
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, Measure) and found is not Measure):
        own = [
            name
            for name, value in vars(module).items()
            if isinstance(value, type)
            and issubclass(value, Measure)
            and value.__module__ == module.__name__
        ]
        advice = did_you_mean(class_name, own, f"write class {class_name}(Measure) there")
        allowed = f"a subclass of lazaretto.measures.Measure in {where}"
        raise NoSuchMeasureError(allowed, advice)
    if found.order is Measure.order:
        advice = f"write order(self, today, places, orders) in {class_name}"
        raise NoSuchMeasureError("a measure that says what it orders", advice)
    return found


def measure_file(word: str, folder: Path | None = None) -> Path | None:
    """Return the file that a measure of the user's own lies in, None for a known word."""
    where, _, class_name = word.partition(":")
    if not class_name or word in known_measures():
        return None
    if where.endswith(".py"):
        return (folder or Path.cwd()) / where
    try:
        spec = importlib.util.find_spec(where)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec is not None and spec.origin is not None else None


def build_measures(
    entries: Sequence[MeasureEntry], folder: Path | None = None
) -> tuple[list[Measure], list[Problem]]:
    """Return the measures of a scenario and every problem found in them.

    Whether their areas exist depends on the place: see `lazaretto.scenario.check_areas`.

    Parameters
    ----------
    entries
        The measures as written.
    folder
        Folder of the scenario file, for measures written by the user.
    """
    measures: list[Measure] = []
    problems: list[Problem] = []
    for i, entry in enumerate(entries):
        measure, found = build_measure(f"measures.{i}", entry, folder)
        problems += found
        if measure is not None:
            measures.append(measure)
    return measures, problems


def build_measure(
    key: str, entry: MeasureEntry, folder: Path | None = None
) -> tuple[Measure | None, list[Problem]]:
    """Return one measure, None if it cannot be made, and every problem found in it.

    Parameters
    ----------
    key
        Key of the entry, as in ``measures.3``.
    entry, folder
        As in `build_measures`.
    """
    try:
        kind = measure_class(entry.measure, folder)
    except NoSuchMeasureError as error:
        return None, [Problem(f"{key}.measure", entry.measure, error.allowed, error.advice)]
    wrong = list(_provenance_problems(entry.model_extra or {}, key, fields_of(kind)))
    try:
        measure = kind.model_validate(entry.parameters())
    except ValidationError as error:
        return None, [*wrong, *_problems(key, kind, error)]
    if measure.first and measure.last and measure.last < measure.first:
        allowed = f"a date from {measure.first} on"
        wrong.append(Problem(f"{key}.to", measure.last, allowed, "exchange from and to"))
    return measure, wrong


def _provenance_problems(
    given: object, key: str, fields: Mapping[str, FieldInfo], field: FieldInfo | None = None
) -> Iterator[Problem]:
    """Yield what is wrong with the provenance of the numbers of a measure, its parts included.

    Parameters
    ----------
    given, key
        What is written, and where.
    fields
        The fields that the keys below it may name.
    field
        The field it is written for, None if that is not known.
    """
    if isinstance(given, list):
        for i, part in enumerate(given):
            yield from _provenance_problems(part, f"{key}.{i}", fields, field)
    if not isinstance(given, Mapping):
        return
    if not is_number_with_provenance(given):
        for name, part in given.items():
            of = fields.get(str(name))
            below = {} if of is None else fields_of(model_in(of.annotation))
            yield from _provenance_problems(part, f"{key}.{name}", below, of)
        return
    unit = None if field is None else unit_of(field)
    said = given.get("unit")
    if unit is not None and said is not None and said != unit:
        yield Problem(
            f"{key}.unit",
            said,
            f"{unit}, the unit of the parameter",
            f"give the value in {unit} and write unit: {unit}",
        )
    status = given.get("status", "assumed")
    if status not in STATUSES:
        yield Problem(
            f"{key}.status",
            status,
            one_of(STATUSES),
            did_you_mean(str(status), STATUSES, "write status: assumed for what has no source"),
        )
    elif status != "assumed" and not given.get("source"):
        yield Problem(
            f"{key}.source",
            None,
            "where the number is from",
            f"add source:, since its status is {status}, or write status: assumed",
        )
    for bound in ("low", "high"):
        number = given.get(bound)
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | float)):
            yield Problem(
                f"{key}.{bound}",
                number,
                "a number in the unit of the value",
                f"write a plain number, or remove {bound}:",
            )


def _module(where: str, folder: Path | None) -> ModuleType:
    if not where.endswith(".py"):
        try:
            return importlib.import_module(where)
        except Exception as error:
            advice = f"correct it: {type(error).__name__}: {error}"
            raise NoSuchMeasureError("a module that can be imported", advice) from error
    path = (folder or Path.cwd()) / where
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise NoSuchMeasureError("a Python file beside the scenario", f"{path}: {reason}") from None
    # A name of its own, lest a file called json.py hides a module of the same name.
    address = hashlib.sha256(str(path.resolve()).encode() + content).hexdigest()[:16]
    name = f"lazaretto_own_measures_{address}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        # Not by an import: it would write __pycache__ beside the scenario, and could read it.
        exec(compile(content, str(path), "exec"), vars(module))  # noqa: S102 - the user's own
    except BaseException as error:
        del sys.modules[name]
        if not isinstance(error, Exception):
            raise
        line = getattr(error, "lineno", None) or _line_of(error, str(path))
        advice = f"correct {where}, line {line}: {type(error).__name__}: {error}"
        raise NoSuchMeasureError("a Python file that runs", advice) from error
    return module


def _line_of(error: Exception, path: str) -> int:
    line, at = 0, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == path:
            line = at.tb_lineno
        at = at.tb_next
    return line


def _problems(key: str, kind: type[Measure], error: ValidationError) -> list[Problem]:
    found: list[Problem] = []
    for detail in error.errors(include_url=False):
        problem = _problem(key, kind, detail)
        if problem not in found:
            found.append(problem)
    return found


def _problem(key: str, kind: type[Measure], detail: ErrorDetails) -> Problem:
    loc, given = detail["loc"], detail["input"]
    path, fields = key, fields_of(kind)
    field: FieldInfo | None = None
    # Of a choice of types pydantic names each; a reader wants the keys and the place in a list.
    unknown = len(loc) if detail["type"] == "extra_forbidden" else 0
    for i, part in enumerate(loc, 1):
        if isinstance(part, int) or part in fields or i == unknown:
            path = f"{path}.{part}"
        if part in fields:
            field = fields[str(part)]
            fields = fields_of(model_in(field.annotation)) or fields
    name = str(loc[-1]) if loc else ""
    if unknown:
        return Problem(path, shown(given), one_of(fields), did_you_mean(name, fields, "remove it"))
    if detail["type"] == "missing":
        description = None if field is None else field.description
        return Problem(path, "missing", description or "a value", f"add {name}:")
    section = None if field is None else model_in(field.annotation)
    context = detail.get("ctx", {})
    said = in_words(detail["type"], given, context, detail["msg"], field, name, section)
    return Problem(path, shown(given), said.allowed, said.advice)
