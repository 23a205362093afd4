"""The frontier of containment: where runs are made, found again, stopped early, and its command."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from epidemics import FALSE_ALARM
from json_pages import documented
from own_place import write_place
from scipy.stats import binom
from towns import settings_for, small_town
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.engine.simulation import Simulation
from lazaretto.studies import Interrupted
from lazaretto.studies.frontier import runs as frontier_runs
from lazaretto.studies.frontier.answer import WIDTH, answers, line_of
from lazaretto.studies.frontier.boundary import HIGHEST, LOWEST, Boundary, fitted, next_runs
from lazaretto.studies.frontier.runs import (
    Ended,
    Point,
    Town,
    begin_lockdown,
    infectious,
    made,
    measures_of,
    settings_of,
)
from lazaretto.studies.frontier.search import Question, Runner, frontier
from lazaretto.words import SEALED

# -- the fitted frontier -----------------------------------------------------------------------


TRUE = Boundary(np.array([-2.4, -1.5, -0.1, -0.25, -0.1, 0.03, 2.3, 0.2]), np.eye(8), 0)

PLAIN = Question({"place": "hongkou"}, diseases=("omicron-ba2",), intervals=(0,), runs=200)


def synthetic(question: Question) -> Runner:
    """Return what makes runs of the known frontier: contained with its chance, by their seeds."""

    def run(points: Sequence[Point]) -> Iterator[tuple[Point, Ended]]:
        for point in reversed(points):
            at = (np.array([np.log(point.r0)]), np.array([np.log10(point.start)]))
            chance = TRUE.contained(*at, np.array([np.log(point.leakage)]))[0]
            lucky = bool(np.random.default_rng(point.seed).random() < chance)
            yield point, Ended(lucky, 0, 10, 100, point.start, 2 * point.start)

    assert question.total
    return run


def test_sampling_finds_a_known_frontier():
    """Intervals of 95 % hold the truth, of 30 frontiers with 24 places each, and it is near.

    Places of one frontier are not independent: it counts as six draws, as many as its polynomial
    has coefficients. The frontier is found within 5 % in the mean.
    """
    r0, start = (a.ravel() for a in np.meshgrid(frontier_runs.R0S, PLAIN.starts))
    x, z = np.log(r0), np.log10(start)
    inside, off = 0, []
    for seed in range(30):
        question = replace(PLAIN, seed=seed)
        found = frontier(question, run=synthetic(question)).boundaries["omicron-ba2", 0]
        away = found.middle(x, z) - TRUE.middle(x, z)
        inside += int((np.abs(away) < WIDTH * found.error(x, z)).sum())
        off.append(np.sqrt((away**2).mean()))
    share = inside / (30 * x.size)
    print(f"inside {share:.3f}, off {np.mean(off):.3f}")
    assert share > binom.isf(1 - FALSE_ALARM, 180, 0.95) / 180
    assert np.mean(off) < 0.05


def test_runs_are_made_where_the_frontier_is_known_least():
    rng = np.random.default_rng(0)
    x, z = np.log(rng.uniform(2, 4, 300)), np.full(300, 2.0)
    y = rng.uniform(LOWEST, HIGHEST, 300)
    known = fitted(x, z, y, rng.random(300) < TRUE.contained(x, z, y))
    places = np.log(np.array([2.5, 3.0, 12.0])), np.full(3, 2.0)
    of_r0, _, leakage = next_runs(known, *places, 2)
    assert (of_r0 == np.log(12.0)).all()
    middle = known.middle(of_r0[:1], np.full(1, 2.0))[0]
    assert leakage.min() < middle < leakage.max()


def test_chance_falls_with_leakage_even_where_all_runs_ended_alike():
    x, z, y = np.log(np.full(20, 3.0)), np.full(20, 2.0), np.linspace(LOWEST, HIGHEST, 20)
    known = fitted(x, z, y, np.ones(20, np.bool_))
    chance = known.contained(x, z, y)
    assert np.isfinite(known.coefficients).all()
    assert (np.diff(chance) <= 0).all()
    assert chance[0] > chance[-1] > 0.5


def test_the_answer_is_about_each_leakage_and_size():
    found = frontier(PLAIN, run=synthetic(PLAIN))
    table = answers(found)
    assert len(table) == 3 * 3
    assert ((table["low"] < table["contained"]) & (table["contained"] < table["high"])).all()
    falls = table.sort_values("leakage").groupby("start")["contained"].apply(list)
    assert all(values == sorted(values, reverse=True) for values in falls)
    line = line_of(found.boundaries["omicron-ba2", 0], np.array([7.0]), 100)
    truth = np.exp(TRUE.middle(np.log([7.0]), np.array([2.0])))[0]
    assert line["low"][0] < truth < line["high"][0]


# -- found again -------------------------------------------------------------------------------


def test_an_interrupted_frontier_goes_on_to_the_same_answer(tmp_path: Path):
    """Stopped again and again, with a line cut off, it ends like one that was never stopped."""
    whole = frontier(PLAIN, run=synthetic(PLAIN))
    stops, made_runs = 0, 0

    def counted(points: Sequence[Point]) -> Iterator[tuple[Point, Ended]]:
        nonlocal made_runs
        for each in synthetic(PLAIN)(points):
            made_runs += 1
            yield each

    while True:
        limit = made_runs + 23
        try:
            last = frontier(PLAIN, tmp_path, run=counted, stop=lambda: made_runs >= limit)  # noqa: B023
        except Interrupted:
            stops += 1
            with (tmp_path / "runs.jsonl").open("a") as file:
                file.write('[["omicron-ba2", 0, 10')
            continue
        break
    assert stops > 5
    assert made_runs == PLAIN.total
    assert last.runs.equals(whole.runs)
    again = frontier(PLAIN, tmp_path, run=counted)
    assert (again.made, again.found) == (0, PLAIN.total)
    assert (tmp_path / "runs.parquet").is_file()


def test_another_question_has_another_address():
    digests = {PLAIN.digest(), replace(PLAIN, seed=2).digest(), replace(PLAIN, runs=34).digest(),
               replace(PLAIN, base={"place": "chongming"}).digest(),
               replace(PLAIN, intervals=(7,)).digest()}  # fmt: skip
    assert len(digests) == 5


# -- runs --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town() -> Town:
    people = small_town(40_000, 3)
    ready = Town(people)
    beds = settings_for(people, n_days=frontier_runs.LONGEST_WAIT + frontier_runs.DAYS + 1)
    ready.add("omicron-ba2", beds)
    return ready


def test_a_run_depends_on_its_point_only(town: Town):
    point = Point("omicron-ba2", 0, 100, 4.3, 0.05, 7)
    assert made(town, point) == made(town, point)
    assert made(town, point) != made(town, point._replace(seed=8))


def test_a_lockdown_that_begins_is_one_of_that_date(town: Town):
    """The same infections, day by day, as with the date written from the start."""
    point = Point("omicron-ba2", 0, 100, 4.3, 0.05, 3)
    with Simulation(town.people, settings_of(town, point), 1) as run:
        while run.infections < point.start:
            run.advance()
        day, first = run.day, run.date
        begin_lockdown(run)
        while run.day < day + 20:
            run.advance()
        began = run.tally.infections[: day + 20].copy()
        tiers = run.tally.persons_by_tier[: day + 20].sum(axis=1)
    dated = tuple(m.model_copy(update={"first": first}) for m in measures_of(0))
    with Simulation(town.people, replace(settings_of(town, point), measures=dated), 1) as run:
        run.run(until=day + 20)
        assert np.array_equal(run.tally.infections[: day + 20], began)
    assert day > 1
    assert (tiers[:day, SEALED] == 0).all()
    assert (tiers[day:, SEALED] == town.people.n_persons).all()


def test_giving_up_early_changes_no_answer(town: Town, monkeypatch: pytest.MonkeyPatch):
    """Runs that are given up go on to the end with the same draws, and none is contained."""
    monkeypatch.setattr(frontier_runs, "FEWEST", 400)
    given_up = 0
    for seed in range(20):
        point = Point("omicron-ba2", 0, 10, 5.5, 0.12, seed)
        short, whole = made(town, point), made(town, point, bounded=False)
        assert short.contained == whole.contained
        given_up += short.days < whole.days
    assert given_up >= 5


def test_an_outbreak_that_ends_by_itself_says_nothing_of_lockdown(town: Town):
    ended = made(town, Point("omicron-ba2", 0, 20_000, 0.2, 0.5, 1))
    assert (ended.contained, ended.begun, ended.sealed) == (True, -1, 0)


def test_infectious_until_the_last_day_of_the_course(town: Town):
    point = Point("omicron-ba2", 0, 10, 1.0, 0.001, 1)
    last = frontier_runs.Town.transmissibility(town, "omicron-ba2", 1.0)
    assert last > 0
    with Simulation(town.people, settings_of(town, point), 1) as run:
        run.advance()
        assert infectious(run) == run.infections >= 10
        while infectious(run):
            before = run.infections
            run.advance()
        for _ in range(5):
            run.advance()
        assert run.infections == before


# -- the command -------------------------------------------------------------------------------


def test_every_problem_of_the_command_at_once():
    asked = ["frontier", "nowhere", "--disease", "omicron", "--screening", "90", "--start", "3",
             "--runs", "3", "--json"]  # fmt: skip
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    keys = [problem["key"] for problem in told["problems"]]
    assert keys == ["--disease", "--screening", "--start", "--runs", "place"]


def test_the_command_answers(tmp_path: Path):
    """A town of one's own; the second time every run is found."""
    place = write_place(tmp_path / "twin", 6_000)
    asked = ["frontier", str(place), "--disease", "omicron-ba2", "--screening", "0", "--start",
             "10", "--runs", "32", "--workers", "1", "--out", str(tmp_path), "--json"]  # fmt: skip
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert set(told) == documented("frontier")
    assert told["runs"] == told["made"] == 32 + 36
    folder = Path(told["folder"])
    for name in ("runs.parquet", "contours.parquet", "frontier.json", "frontier.svg"):
        assert (folder / name).is_file()
    assert any("Can lockdown hold Omicron BA.2" in sentence for sentence in told["sentences"])
    assert "sealed" in " ".join(told["sentences"])
    again = CliRunner().invoke(app, asked[:-1])
    assert again.exit_code == 0
    assert "68 runs (68 found)" in " ".join(again.stdout.split())
    assert "Omicron BA.2 (R0 7" in again.stdout
    kept = json.loads((folder / "frontier.json").read_text("utf-8"))
    assert kept["answers"] == told["answers"]
