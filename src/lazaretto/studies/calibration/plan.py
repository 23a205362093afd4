"""A calibration as written: which numbers are free, which data they are fitted to, until when."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, ValidationError

from lazaretto.provenance import Figure
from lazaretto.scenario import (
    Problem,
    Scenario,
    ScenarioError,
    Section,
    did_you_mean,
    one_of,
    problems_of,
)
from lazaretto.scenario.draws import SEED, VOID
from lazaretto.scenario.reading import read_scenario
from lazaretto.scenario.written import PathText
from lazaretto.studies.calibration.kept import Kept, own_data, reported_data
from lazaretto.studies.calibration.sampled import at_sample
from lazaretto.studies.ensembles.one_run import Job
from lazaretto.studies.levers import is_condition

MOST_TIMES = 5
"""A run of the fit ends when so many times the reports of the data have been reported in it."""

LEAST_DAYS = 5
"""Days with reports that the baselines of held-out scores need."""

WEIGHT, DISTANCE = "weight", "abc_distance"
TAKEN = (SEED, WEIGHT, DISTANCE)
"""Columns of a posterior beside the numbers, whose names no number may have."""

StreamName = Literal[
    "reported", "found_in_quarantine", "district_attack", "addresses_again", "sealed", "deaths"
]


class Prior(Section):
    """What is thought of a number before the data are seen."""

    kind: Literal["uniform", "log-uniform", "beta"] = Field(
        default="uniform", description="Density between low and high; beta is stretched to them."
    )
    low: float | None = Field(
        default=None, allow_inf_nan=False, description="Low end; that of the scenario if absent."
    )
    high: float | None = Field(
        default=None, allow_inf_nan=False, description="High end; that of the scenario if absent."
    )
    alpha: float = Field(default=2.0, gt=0, le=1000, description="Shape of a beta prior, alpha.")
    beta: float = Field(default=2.0, gt=0, le=1000, description="Shape of a beta prior, beta.")


class Free(Section):
    """A number that is fitted; several keys of the scenario may take it together."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Short name, as in tables.")
    keys: list[str] = Field(min_length=1, description="Keys of the scenario, as in --set.")
    prior: Prior = Field(default=Prior(), description="Prior; the range of the scenario if absent.")
    whole: bool = Field(default=False, description="Whether it is rounded to a whole number.")
    source: str = Field(default="", description="Where the prior comes from, if not the scenario.")


class Stream(Section):
    """Data that are fitted to."""

    stream: StreamName = Field(description="Which data.")
    first: date | None = Field(default=None, alias="from", description="First day, ISO date.")
    last: date | None = Field(default=None, alias="to", description="Last day, ISO date.")
    days: list[date] | None = Field(
        default=None, min_length=1, alias="dates", description="Single days instead, ISO dates."
    )
    weight: float = Field(
        default=1.0, gt=0, le=1000, description="Weight of the whole stream beside the others."
    )


class Window(Section):
    """Days that no fit sees, scored afterwards."""

    first: date = Field(alias="from", description="First day, ISO date.")
    last: date = Field(alias="to", description="Last day, inclusive, ISO date.")


class Sample(Section):
    """A sample of the place that stands for it in a cheaper calibration."""

    place: str = Field(min_length=1, description="The place, such as shanghai-tenth.")
    share: float = Field(gt=0, lt=1, description="Share of the residents that are in it.")


class Beginnings(Section):
    """Several seeds begin a run of each set of numbers, and one of them goes on."""

    number: int = Field(ge=2, le=100, description="Seeds that begin a run.")
    until: date = Field(description="Last day of a beginning, ISO date.")


class Calibration(Section):
    """What is fitted to what."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Short name.")
    title: str = Field(default="", description="Title of the fit report.")
    scenario: PathText = Field(description="A scenario of the library, or a file beside this one.")
    data: PathText | None = Field(
        default=None, description="A CSV by date, beside this file; what ships if absent."
    )
    data_until: date = Field(description="Last day of which the fit sees data, ISO date.")
    held_out: Window | None = Field(default=None, description="Days scored afterwards.")
    sample: Sample | None = Field(default=None, description="A smaller place, for --sample.")
    beginnings: Beginnings | None = Field(
        default=None,
        description="Where chance of the first days decides much: waves choose among several.",
    )
    parameters: list[Free] = Field(min_length=1, max_length=30, description="What is fitted.")
    streams: list[Stream] = Field(min_length=1, max_length=20, description="What it is fitted to.")

    def digest(self) -> str:
        """Return the hash of all that is asked."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Plan:
    """A calibration ready to run: the scenario, the priors with their ranges, the data.

    Parameters
    ----------
    calibration
        As written.
    scenario
        The scenario of the whole place.
    data
        The data from the first day of the scenario on, held-out days included.
    sampled
        Whether the runs are of the sample of the place.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """

    def __init__(
        self, calibration: Calibration, scenario: Scenario, data: Kept, sampled: bool = False
    ) -> None:
        problems = [*_wrong_keys(calibration, scenario), *_wrong_days(calibration, scenario)]
        held = calibration.held_out
        if held is not None and not problems:
            problems += _wrong_scores(data, calibration.data_until, held)
        if not problems:
            problems += _wrong_beginnings(calibration, data)
        if sampled and calibration.sample is None:
            problems.append(Problem("sample", None, "a place and its share", "add sample:"))
        if problems:
            raise ScenarioError(problems)
        self.calibration, self.whole, self.data = calibration, scenario, data
        figures = dict(scenario.figures())
        self.free = [_with_range(free, figures[free.keys[0]]) for free in calibration.parameters]
        self.units = [figures[free.keys[0]].unit for free in calibration.parameters]
        self.shipped = [figures[free.keys[0]].value for free in calibration.parameters]
        self.sample = calibration.sample if sampled else None
        self.share = 1.0 if self.sample is None else self.sample.share

    @property
    def names(self) -> list[str]:
        """Return the names of the free numbers."""
        return [free.name for free in self.free]

    def scenario_with(self, values: dict[str, float], until: date) -> Scenario:
        """Return the scenario with the free numbers set, in the sample if that is meant.

        Parameters
        ----------
        values
            The numbers by name, in their units.
        until
            Last day of the run.
        """
        # One name for all: runs are told apart by what is in them.
        written = self.whole.resolved() | {"end": until.isoformat()}
        for void in VOID:
            written.pop(void, None)
        set_ = {
            key: int(values[free.name]) if free.whole else values[free.name]
            for free in self.free
            for key in free.keys
        }
        made = Scenario.from_mapping(written, set_)
        made._folder = self.whole.folder
        if self.sample is not None:
            made = at_sample(made, self.sample.place, self.sample.share)
        return made

    def fit_job(self, values: dict[str, float], seed: int) -> Job:
        """Return the run of the fit with the free numbers, to the last day of the data.

        A run in which far more is reported than was ends there: it is far from the data, and the
        waves that go through a city take most of the time. Where reports are not fitted, or are not
        known on some day between the first and the last, no run ends early.

        Parameters
        ----------
        values
            The numbers by name, in their units.
        seed
            Seed of the run.
        """
        until = self.calibration.data_until
        return Job(self.scenario_with(values, until), seed, self._most_reported())

    def beginning_job(self, values: dict[str, float], seed: int) -> Job:
        """Return the run of the fit as far as a beginning goes.

        Parameters
        ----------
        values, seed
            As for `fit_job`.
        """
        assert self.calibration.beginnings is not None
        return self.fit_job(values, seed)._replace(until=self.calibration.beginnings.until)

    def _most_reported(self) -> int:
        known = self.data.total[: self.data.day(self.calibration.data_until) + 1]
        days = np.flatnonzero(~np.isnan(known))
        fitted = any(each.stream == "reported" for each in self.calibration.streams)
        if not fitted or not days.size or np.isnan(known[days[0] :]).any():
            return 0
        return int(MOST_TIMES * known[days[0] :].sum() * self.share) + 1


def load_plan(name_or_path: str, sampled: bool = False) -> Plan:
    """Read a calibration that ships with Lazaretto, or a YAML file, with its scenario and data.

    Parameters
    ----------
    name_or_path
        A name, such as ``shanghai-2022``, or the path of a file.
    sampled
        Whether to run the sample of the place.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """
    known = {path.stem: path for path in _library()}
    path = known.get(name_or_path, Path(name_or_path))
    if not path.is_file():
        allowed = f"{one_of(known)}; or the path of a YAML file"
        advice = did_you_mean(name_or_path, known, "give one of these, or a file")
        raise ScenarioError([Problem("calibration", name_or_path, allowed, advice)])
    written, folder = read_scenario(path)
    try:
        calibration = Calibration.model_validate(written)
    except ValidationError as error:
        raise ScenarioError(problems_of(error, Calibration)) from None
    beside = (folder or Path()) / calibration.scenario
    scenario = Scenario.load(beside if beside.is_file() else calibration.scenario)
    last = calibration.held_out.last if calibration.held_out else calibration.data_until
    if calibration.data is None:
        data = reported_data(scenario.place, scenario.start, last)
    else:
        table = (folder or Path()) / calibration.data
        if not table.is_file():
            advice = "correct the path"
            raise ScenarioError([Problem("data", calibration.data, "a CSV by date", advice)])
        data = own_data(table, scenario.start, last)
    return Plan(calibration, scenario, data, sampled)


def _library() -> list[Path]:
    folder = Path(str(files("lazaretto").joinpath("scenario", "calibrations")))
    return sorted(folder.glob("*.yaml"))


def calibrations() -> list[str]:
    """Return the names of the calibrations that ship with Lazaretto."""
    return [path.stem for path in _library()]


def _with_range(free: Free, figure: Figure) -> Free:
    low = figure.low if free.prior.low is None else free.prior.low
    high = figure.high if free.prior.high is None else free.prior.high
    prior = free.prior.model_copy(update={"low": low, "high": high})
    return free.model_copy(update={"prior": prior, "source": free.source or figure.source})


def _wrong_keys(calibration: Calibration, scenario: Scenario) -> Iterator[Problem]:
    figures = dict(scenario.figures())
    names = [free.name for free in calibration.parameters]
    taken = [key for free in calibration.parameters for key in free.keys]
    for i, free in enumerate(calibration.parameters):
        at = f"parameters.{i}"
        if names.count(free.name) > 1:
            yield Problem(f"{at}.name", free.name, "each name once", "give it another name")
        if free.name in TAKEN:
            allowed = f"no column of a posterior: {', '.join(TAKEN)}"
            yield Problem(f"{at}.name", free.name, allowed, "give it another name")
        for key in free.keys:
            if is_condition(key):
                allowed = "no condition of the society under study: no study searches those"
                yield Problem(f"{at}.keys", key, allowed, "leave it as the scenario has it")
            elif key not in figures:
                advice = did_you_mean(key, figures, "see docs/scenario.md for the keys")
                yield Problem(f"{at}.keys", key, "a number of the scenario", advice)
            elif taken.count(key) > 1:
                yield Problem(f"{at}.keys", key, "each key once", "leave one of the two out")
        figure = figures.get(free.keys[0])
        if figure is None:
            continue
        low, high = (_with_range(free, figure).prior.low, _with_range(free, figure).prior.high)
        fitted_before = figure.status == "fitted" and figure.source.startswith("calibration ")
        if fitted_before and None in (free.prior.low, free.prior.high):
            allowed = "ends of its own: those of the scenario come from a fit, and data count once"
            yield Problem(f"{at}.prior", None, allowed, "write low: and high: of the prior")
        elif low is None or high is None:
            advice = "write low: and high:, the scenario has no range for it"
            yield Problem(f"{at}.prior", None, "a range", advice)
        elif not low < high:
            yield Problem(f"{at}.prior", f"{low:g} to {high:g}", "low below high", "correct it")
        elif free.prior.kind == "log-uniform" and low <= 0:
            yield Problem(f"{at}.prior.low", low, "above 0 for log-uniform", "raise it")


def _wrong_scores(data: Kept, until: date, held: Window) -> Iterator[Problem]:
    """Yield what keeps predictions of held-out days from being scored beside baselines."""
    days = data.total[data.day(held.first) : data.day(held.last) + 1]
    if np.isnan(days).all():
        allowed = "days of which there are reports"
        yield Problem("held_out", f"{held.first} to {held.last}", allowed, "leave it out")
    before = int((~np.isnan(data.total[: data.day(until) + 1])).sum())
    if before < LEAST_DAYS:
        allowed = f"{LEAST_DAYS} days with reports up to data_until, for the baselines"
        yield Problem("held_out", f"{before} days before", allowed, "leave it out")


def _wrong_beginnings(calibration: Calibration, data: Kept) -> Iterator[Problem]:
    """Yield what keeps beginnings from being told apart by their reports."""
    if calibration.beginnings is None:
        return
    until = calibration.beginnings.until
    reported = [each for each in calibration.streams if each.stream == "reported"]
    if not reported or reported[0].days:
        allowed = "a calibration to reports by day, which tell beginnings apart"
        yield Problem("beginnings", str(until), allowed, "leave it out")
        return
    known = ~np.isnan(data.total)
    known[: data.day(reported[0].first or data.first)] = False
    last = calibration.data_until
    if not known[: data.day(last)].any():
        yield Problem("beginnings", str(until), "days with reports", "leave it out")
        return
    first = data.first + timedelta(days=int(np.flatnonzero(known)[0]))
    if not first <= until < last:
        allowed = f"{first}, the first day with reports, to before {last}"
        yield Problem("beginnings.until", until, allowed, "choose a day of these")


def _wrong_days(calibration: Calibration, scenario: Scenario) -> Iterator[Problem]:
    until = calibration.data_until
    if not scenario.start < until <= scenario.end:
        allowed = f"after {scenario.start}, up to {scenario.end}"
        yield Problem("data_until", until, allowed, "choose a day of the scenario")
    held = calibration.held_out
    if held is not None and not until < held.first <= held.last <= scenario.end:
        allowed = f"days after {until}, up to {scenario.end}"
        yield Problem("held_out", f"{held.first} to {held.last}", allowed, "correct the dates")
    seen: set[str] = set()
    for i, stream in enumerate(calibration.streams):
        days = stream.days or [day for day in (stream.first, stream.last) if day is not None]
        outside = [day for day in days if not scenario.start <= day <= until]
        if outside:
            allowed = f"{scenario.start} to data_until, {until}: later days are held out"
            yield Problem(f"streams.{i}", str(outside[0]), allowed, "leave these days out")
        if stream.days and (stream.first or stream.last):
            yield Problem(f"streams.{i}", None, "dates, or from and to", "leave one out")
        if stream.stream in seen:
            yield Problem(f"streams.{i}.stream", stream.stream, "each once", "join the two")
        seen.add(stream.stream)
