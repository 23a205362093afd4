"""The frontier of containment: closed forms, where runs are made, runs found again, stopping early.

False-alarm rate 1e-6 each where chance decides; seeds are fixed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from epidemics import FALSE_ALARM, doubt, lasting, mixed_town
from evidence import measured
from json_pages import documented
from own_place import write_place
from scipy.stats import binom
from test_extinction import AGE_SHARE, dies_out
from test_household_final_size import ball
from test_household_threshold import ADULT
from test_isolation_threshold import theta_of
from towns import CONTACTS, settings_for, small_town
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.disease import courses
from lazaretto.engine.city import city_of
from lazaretto.engine.rates import ContactRates
from lazaretto.engine.simulation import Simulation
from lazaretto.engine.transmissibility import meeting
from lazaretto.people.population import BAND_MASK
from lazaretto.studies import Interrupted
from lazaretto.studies.frontier import runs as frontier_runs
from lazaretto.studies.frontier.answer import WIDTH, answers, homes, line_of
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
from lazaretto.studies.frontier.threshold import (
    Households,
    households,
    largest_left,
    outbreak,
    theta,
    typical,
)
from lazaretto.words import COMMUNITY, HOUSEHOLD, LAYERS, SEALED

TABLE = lasting(courses("omicron-ba2"))
SHARE, WEIGHT = TABLE.probability[1], TABLE.infectiousness.sum(axis=1)

# -- closed forms ------------------------------------------------------------------------------


@pytest.mark.parametrize("susceptible", [0, 1, 2, 4, 6])
def test_household_outbreaks_are_those_of_balls_equations(susceptible: int):
    found = outbreak(susceptible, 0.5, SHARE, WEIGHT, np.zeros(1))[:, 0]
    assert found == pytest.approx(ball(susceptible, 1, 0.5, TABLE), abs=1e-9)


def test_infections_outside_agree_with_the_mean_of_the_household():
    """The derivative of the generating function at 1 is R_G times the mean household outbreak."""
    n, step = 4, 1e-6
    sizes = outbreak(n, 0.5, SHARE, WEIGHT, np.zeros(1))[:, 0]
    mean = (1 + sizes @ np.arange(n + 1)) * float(SHARE @ WEIGHT)
    left = outbreak(n, 0.5, SHARE, WEIGHT, np.array([step]))[:, 0]
    assert (1 - left.sum()) / step == pytest.approx(mean, rel=1e-4)


def test_large_households_keep_their_precision():
    sizes = outbreak(15, 0.2, SHARE, WEIGHT, np.zeros(1))[:, 0]
    assert sizes.sum() == pytest.approx(1, abs=1e-12)
    assert (sizes >= 0).all()


def alone(r0: float) -> Households:
    """Return persons who live alone, in the ages of `test_extinction`."""
    share = float(AGE_SHARE @ TABLE.symptomatic_share)
    chance = share * TABLE.probability[1] + (1 - share) * TABLE.probability[0]
    nobody = small_town(6_000, 3)
    met = meeting(nobody, city_of(nobody), TABLE)
    return Households(np.ones(1, np.int64), np.ones(1), np.zeros(1), chance, WEIGHT, CONTACTS,
                      TABLE, met, r0)  # fmt: skip


@pytest.mark.parametrize("r0", [0.9, 1.5, 3.0])
def test_extinction_of_those_who_live_alone_is_the_textbook_one(r0: float):
    home = alone(r0)
    caused = r0 * float(home.chance @ home.weight)
    found = home.dies_out(caused)
    assert found == pytest.approx(dies_out(r0, TABLE), abs=1e-6)
    assert home.dies_out(caused, 200) == pytest.approx(found, abs=1e-3)
    if r0 > 1:
        assert home.caused_if(found) == pytest.approx(caused, rel=1e-6)


def test_theta_is_that_of_the_engines_own_test():
    ages = np.full(18, 100)
    assert theta(TABLE, ages) == pytest.approx(theta_of(TABLE), abs=1e-12)


def test_a_typical_household_infects_more_where_residents_differ():
    people = small_town(6_000, 3)
    table = courses("omicron-ba2")
    met = meeting(people, city_of(people), table)
    mixed = households(met, people, table, CONTACTS, 0.05)
    assert 1.05 < typical(mixed, people) < 2
    only = np.where(np.isin(np.arange(len(LAYERS)), (HOUSEHOLD, COMMUNITY)), CONTACTS.per_day, 0)
    alike = replace(table, susceptibility=np.ones(18), symptomatic_share=np.full(18, 0.7))
    met = meeting(people, city_of(people), alike)
    plain = households(met, people, alike, CONTACTS._replace(per_day=only), 0.05)
    assert typical(plain, people) == pytest.approx(1, abs=0.02)
    caused = 1 / plain.mean_infected
    assert plain.reproduction(largest_left(plain, caused)) == pytest.approx(1, rel=1e-6)


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


# -- the frontier of the engine beside the closed form -----------------------------------------

PERSONS = 60_000


@pytest.fixture(scope="module")
def alike() -> Town:
    """Return a town in which all are adults and meet at home and at random in the community."""
    born = mixed_town(PERSONS)
    kept = born.attributes & np.uint8(~BAND_MASK & 0xFF)
    persons = np.zeros_like(born.household_persons)
    persons[:, ADULT] = born.household_persons.sum(axis=1)
    pairs = np.zeros_like(born.household_pairs)
    pairs[:, ADULT, ADULT] = born.household_pairs.sum(axis=(1, 2))
    people = replace(
        born, attributes=kept | np.uint8(ADULT), household_persons=persons, household_pairs=pairs
    )
    per_day = np.zeros(len(LAYERS))
    per_day[HOUSEHOLD], per_day[COMMUNITY] = 0.9, 8.0
    contacts = ContactRates(per_day, np.ones(len(LAYERS)), 0.8, 0.0)
    ready = Town(people)
    ready.add("omicron-ba2", settings_for(people, n_days=301, table=TABLE, contacts=contacts))
    return ready


@pytest.mark.slow
def test_the_frontier_is_the_closed_one_where_that_holds(
    alike: Town, monkeypatch: pytest.MonkeyPatch
):
    """Within 5 %: the leakage at which ten infections die out, ever, with chance one half.

    There and at less and more leakage the chances are those of the branching process of
    households. An outbreak of 300 infected at a time counts as one that does not die out: its
    hundred and more chains do with a chance of 1e-4 or less.
    """
    monkeypatch.setattr(frontier_runs, "FEWEST", 300)
    r0, runs, start = 5.0, 50, frontier_runs.ARRIVALS
    home = homes(alike, "omicron-ba2", r0)
    assert typical(home, alike.people) == pytest.approx(1, abs=1e-6)
    half = largest_left(home, home.caused_if(0.5 ** (1 / start)))
    assert home.reproduction(half) > 1
    points, ended = [], []
    for level, relative in enumerate((0.85, 1.0, 1.18)):
        leakage = relative * half
        chance = home.dies_out(home.outside(leakage)) ** start
        contained = 0
        for seed in range(runs):
            point = Point("omicron-ba2", 0, start, r0, leakage, 1_000 * level + seed)
            run = made(alike, point, days=300)
            points.append(point)
            ended.append(run.contained)
            contained += run.contained
        print(f"leakage {leakage:.4f}: {contained / runs:.2f} of {chance:.2f}")
        assert doubt(contained, runs, chance) > FALSE_ALARM
    y = np.log([point.leakage for point in points])
    known = fitted(np.log(np.full(y.size, r0)), np.full(y.size, np.log10(start)), y,
                   np.array(ended))  # fmt: skip
    line = line_of(known, np.array([r0]), start).iloc[0]
    print(f"frontier {line['leakage']:.4f} ({line['low']:.4f} to {line['high']:.4f}), "
          f"closed form {half:.4f}, {line['leakage'] / half - 1:+.1%}")  # fmt: skip
    measured("frontier of containment", line["leakage"], 0.95 * half, 1.05 * half)
    assert abs(line["leakage"] / half - 1) < 0.05


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
