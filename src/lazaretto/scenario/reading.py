"""Reading a scenario file: finding it, parsing it, and saying what is wrong with it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from lazaretto.scenario.problems import Problem, ScenarioError, did_you_mean, one_of, shown
from lazaretto.scenario.sentences import in_words
from lazaretto.scenario.yaml_text import YamlError, read_yaml, text_of
from lazaretto.words import slug


def library() -> list[tuple[str, str]]:
    """Return the name and title of every scenario that comes with Lazaretto, by name."""
    return list(_titles())


@cache
def _titles() -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, str(_parse(file.read_text(encoding="utf-8"), name).get("title", "")))
        for name, file in sorted(_library_files().items())
    )


def read_scenario(name_or_path: str | Path) -> tuple[dict[str, Any], Path | None]:
    """Return a scenario as written, and the folder it lies in (None for the library).

    Raises
    ------
    ScenarioError
        If there is no such scenario, or its YAML cannot be read (with the line).
    """
    name = str(name_or_path)
    shipped = _library_files()
    if isinstance(name_or_path, str) and name in shipped:
        return _parse(shipped[name].read_text(encoding="utf-8"), name), None
    path = Path(name_or_path)
    advice = did_you_mean(name, shipped, "give one of these names, or the path of a YAML file")
    allowed = f"{one_of(shipped)}; or the path of a YAML file"
    if not path.is_file():
        raise ScenarioError([Problem("scenario", shown(name), allowed, advice)])
    try:
        text = text_of(path)
    except (OSError, UnicodeDecodeError, YamlError) as error:
        raise ScenarioError(
            [Problem("scenario", shown(name), "a YAML file in UTF-8", f"correct it: {error}")]
        ) from None
    return {"name": slug(path.stem) or "scenario", **_parse(text, name)}, path.resolve().parent


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Return what pydantic found wrong, each as a problem with a next step."""
    return [_problem(detail, model) for detail in error.errors(include_url=False)]


def _library_files() -> dict[str, Traversable]:
    folder = files("lazaretto").joinpath("scenario", "library")
    return {f.name[:-5]: f for f in folder.iterdir() if f.name.endswith(".yaml")}


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        written = read_yaml(text)
    except YamlError as error:
        at = f"{name}, {error.where}" if error.where else name
        raise ScenarioError([Problem(at, None, "YAML", f"correct it: {error.said}")]) from None
    if not isinstance(written, dict):
        raise ScenarioError(
            [Problem(name, None, "keys with values", "begin with place:, disease:, start:, end:")]
        )
    return {str(key): value for key, value in written.items()}


def _problem(detail: Any, model: type[BaseModel]) -> Problem:  # noqa: ANN401 - pydantic's dict
    loc, kind, given = detail["loc"], detail["type"], detail["input"]
    key = ".".join(str(part) for part in loc) or "scenario"
    context = detail.get("ctx", {})
    if kind == "extra_forbidden":
        known = _keys_at(model, loc[:-1])
        advice = did_you_mean(str(loc[-1]), known, "use one of these keys, or remove it")
        return Problem(key, shown(given), one_of(known), advice)
    if kind == "missing":
        field = _field_at(model, loc)
        description = None if field is None else field.description
        return Problem(key, "missing", description or "a value", f"add {loc[-1]}:")
    if kind == "number":
        return Problem(key, shown(given), context["allowed"], context["advice"])
    field = _field_at(model, loc)
    section = None if field is None else model_in(field.annotation)
    said = in_words(
        kind, given, context, detail["msg"], field, str(loc[-1] if loc else "scenario"), section
    )
    return Problem(key, shown(given), said.allowed, said.advice)


def _keys_at(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    at: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, str) and at is not None:
            field = fields_of(at).get(part)
            at = model_in(field.annotation) if field is not None else None
    return list(fields_of(at)) if at is not None else []


def _field_at(model: type[BaseModel], loc: tuple[Any, ...]) -> FieldInfo | None:
    """Return the last field on the way to a place, None if there is none."""
    at: type[BaseModel] | None = model
    last = None
    for part in loc:
        if isinstance(part, str) and at is not None:
            field = fields_of(at).get(part)
            if field is None:
                break
            last = field
            at = model_in(field.annotation)
    return last


def fields_of(model: type[BaseModel] | None) -> dict[str, FieldInfo]:
    """Return the fields of a model by the key they have in a file; of no model, none."""
    if model is None:
        return {}
    return {field.alias or name: field for name, field in model.model_fields.items()}


def model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any annotation
    """Return the model that a field holds, inside a list or a choice as well; None if none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = model_in(part)
        if found is not None:
            return found
    return None
