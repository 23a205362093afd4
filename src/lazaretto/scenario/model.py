"""The scenario: everything a run depends on besides its seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator
from pydantic.json_schema import GenerateJsonSchema

from lazaretto.provenance import Figure
from lazaretto.scenario.aim import (
    BESIDE,
    JUDGED_BY,
    Alternative,
    LessRestrictive,
    StatedAim,
    aim_problems,
    less_restricted,
    still_judged,
)
from lazaretto.scenario.behaviour import Behaviour
from lazaretto.scenario.border import Border
from lazaretto.scenario.checks import cross_problems
from lazaretto.scenario.confinement import Confinement
from lazaretto.scenario.contacts import Contacts
from lazaretto.scenario.nation import ManyCities
from lazaretto.scenario.overrides import apply_overrides, keys_of
from lazaretto.scenario.posterior import Posterior, posterior_problems, set_by_hand
from lazaretto.scenario.problems import Problem, ScenarioError
from lazaretto.scenario.published import with_defaults
from lazaretto.scenario.reading import problems_of, read_scenario
from lazaretto.scenario.reporting import Reporting
from lazaretto.scenario.resources import Resource
from lazaretto.scenario.section import Section
from lazaretto.scenario.seeding import Seeding
from lazaretto.scenario.sourced import (
    PLAIN,
    STATUSES,
    Sourced,
    Unit,
    is_number_with_provenance,
)
from lazaretto.scenario.vaccination import Vaccination
from lazaretto.scenario.written import PathText, with_dates
from lazaretto.words import slug

SCHEMA = "https://json-schema.org/draft/2020-12/schema"

FILLED_IN = ("name", "title", "r0")
"""Keys without a fixed default that are filled in where a file leaves them out."""


class MeasureEntry(BaseModel):
    """One measure as written: which one, and its parameters, which the measure itself checks."""

    model_config = ConfigDict(extra="allow", frozen=True)

    measure: str = Field(min_length=1, description="Which measure, such as lockdown.")
    name: str | None = Field(
        default=None, min_length=1, description="A name for it; no two measures share one."
    )
    stages: list[str] | None = Field(
        default=None, min_length=1, description="Stages of national policy in which it is in force."
    )

    @model_validator(mode="before")
    @classmethod
    def _read_dates(cls, given: object) -> object:
        # A date written with or without quotes is the same date, here and in the digest.
        return with_dates(given) if isinstance(given, Mapping) else given

    def parameters(self) -> dict[str, Any]:
        """Return every key but ``measure`` as its class reads it.

        ISO dates are dates; a number written with its provenance is the plain number, its
        provenance is in `Scenario.figures`.
        """
        named = {} if self.name is None else {"name": self.name}
        return named | {key: _plain(value) for key, value in (self.model_extra or {}).items()}


class Outputs(Section):
    """What a run keeps besides its daily figures."""

    events: bool = Field(
        default=False, description="Keep one row per infection: who, by whom, when, in which layer."
    )
    checkpoint_every: int = Field(
        default=0, ge=0, strict=True, description="Days between checkpoints, days; 0: none."
    )


class Scenario(Section):
    """A place, a disease, dates, and what is done about it.

    Read one with `Scenario.load`; every value left out has a default with a source.
    """

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="Short name, as in file names; that of its file if absent.",
    )
    title: str = Field(min_length=1, description="Title of the report; the name if absent.")
    description: str = Field(default="", description="What the scenario is, in a few sentences.")
    place: PathText = Field(
        min_length=1, description="A place of the library, or a path relative to this file."
    )
    disease: str = Field(description="Name of the variant, such as omicron-ba2.")
    r0: Annotated[Sourced, Unit("infections", above=0, at_most=50)] = Field(
        description=(
            "Mean secondary infections of a resident taken at random where all are susceptible "
            "and nothing is restricted, infections. Growth follows a typical infected person, "
            "who has more contacts: about a tenth more. The published one of the disease if absent."
        )
    )
    start: date = Field(description="First day of the run, ISO date.")
    end: date = Field(description="Last day of the run, ISO date, inclusive.")
    seeding: list[Seeding] = Field(default=[], description="Infections from outside.")
    border: Border | None = Field(
        default=None, description="Infected travellers from abroad; none if absent."
    )
    contacts: Contacts = Field(default=Contacts(), description="Contacts by layer.")
    confinement: Confinement = Field(
        default=Confinement(), description="Contacts left in each tier of confinement."
    )
    reporting: Reporting = Field(default=Reporting(), description="From found to reported.")
    behaviour: Behaviour | None = Field(
        default=None, description="How people respond; everybody keeps to the rules if absent."
    )
    vaccination: Vaccination | None = Field(
        default=None, description="Doses given outside any measure; nobody is vaccinated if absent."
    )
    resources: list[Resource] = Field(
        default=[], max_length=100, description="Stocks that measures share and can run out of."
    )
    measures: list[MeasureEntry] = Field(default=[], description="What is done, in this order.")
    nation: ManyCities | None = Field(
        default=None, description="The cities of place china, their travel and stages of policy."
    )
    posterior: Posterior | None = Field(
        default=None, description="Numbers fitted together, of which each run takes a draw."
    )
    outputs: Outputs = Field(default=Outputs(), description="What a run keeps.")
    aim: StatedAim | None = Field(
        default=None, description="What the policy is for; containment by the end if absent."
    )
    less_restrictive: LessRestrictive | None = Field(
        default=None, description="The next less restrictive policy, for lazaretto compare."
    )
    alternatives: list[Alternative] = Field(
        default=[], description="Other policies by name, for lazaretto compare --with and branch."
    )

    _folder: Path | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: object) -> object:
        return with_defaults(given) if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _check_together(self) -> Scenario:
        problems = _problems_together(self.model_dump(by_alias=True, exclude_unset=True))
        if problems:
            raise ScenarioError(problems)
        self.next_less_restrictive()
        return self

    @classmethod
    def load(
        cls, name_or_path: str | Path, overrides: Mapping[str, object] | Sequence[str] = ()
    ) -> Scenario:
        """Read a scenario of the library, or a YAML file.

        Parameters
        ----------
        name_or_path
            A name of `library`, or the path of a file.
        overrides
            Values that replace those of the file, by key (``{"r0": "6"}``) or as written on the
            command line (``["measures.0.tier=2", "seeding=[]"]``); text is read as YAML.

        Raises
        ------
        ScenarioError
            With every problem at once.
        """
        written, folder = read_scenario(name_or_path)
        scenario = cls.from_mapping(written, overrides)
        scenario._folder = folder
        return scenario

    @classmethod
    def from_mapping(
        cls, written: Mapping[str, Any], overrides: Mapping[str, object] | Sequence[str] = ()
    ) -> Self:
        """Return the scenario written as nested mappings, as a YAML file would hold them.

        Raises
        ------
        ScenarioError
            With every problem at once.
        """
        changed, problems = apply_overrides(written, overrides)
        changed = set_by_hand(written, still_judged(written, changed), keys_of(overrides))
        try:
            scenario = cls.model_validate(changed)
        except ValidationError as error:
            raise ScenarioError(
                [*problems, *problems_of(error, cls), *_problems_together(changed)]
            ) from None
        except ScenarioError as error:
            raise ScenarioError([*problems, *error.problems]) from None
        if problems:
            raise ScenarioError(problems)
        return scenario

    def __eq__(self, other: object) -> bool:
        # The folder it was read from is no part of what a scenario says.
        return isinstance(other, Scenario) and self.resolved() == other.resolved()

    def __hash__(self) -> int:
        return hash(self.digest())

    @property
    def n_days(self) -> int:
        """Return the number of days of the run, first and last included."""
        return (self.end - self.start).days + 1

    @property
    def folder(self) -> Path | None:
        """Return the folder against which a relative ``place`` is read; None for the library."""
        return self._folder

    def next_less_restrictive(self) -> Self | None:
        """Return the next less restrictive policy as a scenario, None if the scenario names none.

        Raises
        ------
        ScenarioError
            If the scenario with these changes could not be read.
        """
        named = self.less_restrictive
        if named is None:
            return None
        return self.less_restricted(named.name, named.without, named.changes)

    def less_restricted(
        self,
        name: str,
        without: Sequence[str] = (),
        changed: Mapping[str, object] | Sequence[str] = (),
        keys: tuple[str, str] = ("less_restrictive.without", "less_restrictive.set"),
        added: Sequence[Mapping[str, Any]] = (),
    ) -> Self:
        """Return this scenario without some measures and with other values of its policy.

        Parameters
        ----------
        name
            Name of the less restrictive policy; its slug is added to the name of the scenario.
        without, changed, keys, added
            As for `lazaretto.scenario.aim.less_restricted`.

        Raises
        ------
        ScenarioError
            With every problem at once.
        """
        written, problems = less_restricted(self.resolved(), without, changed, keys, added)
        if problems:
            raise ScenarioError(problems)
        return self._as_written(written, name, {}, f"{keys[1]}: ")

    def varied(self, said: str, overrides: Mapping[str, object]) -> Self:
        """Return this scenario with other values and a name that says so, for a study of it.

        Parameters
        ----------
        said
            What is varied, in words; its slug is added to the name of the scenario.
        overrides
            The values, by key.

        Raises
        ------
        ScenarioError
            With every problem at once.
        """
        written = {key: part for key, part in self.resolved().items() if key not in BESIDE}
        return self._as_written(written, said, overrides)

    def _as_written(
        self, written: dict[str, Any], said: str, overrides: Mapping[str, object], key: str = ""
    ) -> Self:
        ending = slug(said) or "less-restrictive"
        named = {"name": f"{self.name}-{ending}", "title": f"{self.title}: {said}"}
        try:
            scenario = type(self).from_mapping(written | named, overrides)
        except ScenarioError as error:
            raise ScenarioError(
                [Problem(f"{key}{p.key}", p.value, p.allowed, p.advice) for p in error.problems]
            ) from None
        scenario._folder = self._folder
        return scenario

    def figures(self) -> list[tuple[str, Figure]]:
        """Return every number of the scenario with its key and provenance.

        Of a measure, whose parameters are kept as written, those that carry a status.
        """
        return [*self.numbers(), *_measure_figures(self.measures)]

    def assumed(self) -> list[tuple[str, Figure]]:
        """Return the numbers that have no direct source, with their keys."""
        return [(key, figure) for key, figure in self.figures() if figure.status == "assumed"]

    def resolved(self) -> dict[str, Any]:
        """Return all of the scenario, defaults included, in a stable order, ready for JSON.

        `Scenario.from_mapping` of it gives an equal scenario.
        """
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def digest(self) -> str:
        """Return the SHA-256 of the resolved scenario, 64 hexadecimal digits.

        By what a policy is judged is left out: with another aim the same runs are found again.
        """
        said = {key: part for key, part in self.resolved().items() if key not in JUDGED_BY}
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _problems_together(written: Mapping[str, Any]) -> list[Problem]:
    return [*cross_problems(written), *aim_problems(written), *posterior_problems(written)]


class _SchemaWithSources(GenerateJsonSchema):
    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 - pydantic's own signature
        return dft.as_written() if isinstance(dft, Sourced) else super().encode_default(dft)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, for editors."""
    schema = Scenario.model_json_schema(by_alias=True, schema_generator=_SchemaWithSources)
    schema["required"] = [key for key in schema["required"] if key not in FILLED_IN]
    return {"$schema": SCHEMA, **schema}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        if is_number_with_provenance(value):
            return value["value"]
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _measure_figures(measures: list[MeasureEntry]) -> Iterator[tuple[str, Figure]]:
    for i, entry in enumerate(measures):
        for key, value in (entry.model_extra or {}).items():
            yield from _figures_in(value, f"measures.{entry.name or i}.{key}")


def _figures_in(value: object, key: str) -> Iterator[tuple[str, Figure]]:
    """Yield the numbers of a parameter, those of its parts included, as (key, Figure)."""
    if isinstance(value, Mapping) and not is_number_with_provenance(value):
        for name, part in value.items():
            yield from _figures_in(part, f"{key}.{name}")
    elif isinstance(value, Mapping):
        status = value.get("status", "assumed")
        number = value["value"]
        if status not in STATUSES or not isinstance(number, int | float):
            return  # the measure says so when it reads its parameters
        figure = Figure(
            float(number),
            str(value.get("unit", "")),
            str(value.get("source", "")),
            status,
            value.get("low"),
            value.get("high"),
            str(value.get("note", "")),
        )
        yield key, figure
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield key, Figure(float(value), "", PLAIN, "assumed")
