"""Many policies from one saved day: a branch is, bit for bit, the whole run of its policy."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from json_pages import documented
from own_place import write_place, write_scenario
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.engine.checked import read_checked
from lazaretto.engine.checkpoint import load_checkpoint
from lazaretto.engine.prepare import prepare
from lazaretto.engine.simulation import Simulation
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies import Interrupted, run_scenario
from lazaretto.studies.branches import branching
from lazaretto.studies.branches.branching import PastDiffersError, branch, varied
from lazaretto.studies.branches.kept_day import KeptDay, places_in
from lazaretto.studies.branches.past import check_shared
from lazaretto.studies.named_policies import policy_named
from lazaretto.studies.pairs import How
from lazaretto.studies.run_folder import RunFolder, digest_of, inputs_of

ON = date(2022, 3, 16)

RESOURCES = [
    {"name": "labs", "unit": "tubes/day", "opened": [{"amount": 60}]},
    {"name": "halls", "unit": "beds", "contacts_per_day": 6, "bus_contacts": 2,
     "opened": [{"from": "2022-03-08", "amount": 30}]},
    {"name": "tracers", "unit": "tracers", "opened": [{"amount": 3}]},
    {"name": "pills", "unit": "courses", "opened": [{"from": "2022-03-05", "amount": 40}]},
]  # fmt: skip

MORE = {"name": "hotel", "unit": "beds", "opened": [{"from": "2022-03-16", "amount": 50}]}

TRIGGERED = {"level": "district", "on": {"cases": {"days": 3, "number": 2}}, "least_days": 9}

MEASURES = [
    {"measure": "close_schools", "name": "schools", "factor": 0.2, "when": TRIGGERED},
    {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
     "from": "2022-03-12", "to": "2022-03-22"},
    {"measure": "symptomatic_testing", "name": "tests", "share": 0.6, "delay_days": 1,
     "labs": "labs"},
    {"measure": "contact_tracing", "name": "tracing", "workplace": 0.5, "tracers": "tracers",
     "cases_per_tracer": 2, "backward": True},
    {"measure": "isolation", "name": "isolate", "beds": ["halls"], "labs": "labs"},
    {"measure": "antivirals", "name": "pills", "share": 0.5, "courses": "pills"},
]  # fmt: skip

BUSY = {
    "alternatives": [
        {"name": "long", "set": {"measures.seal.to": "2022-04-01"}},
        {"name": "short", "set": {"measures.seal.to": "2022-03-16"}},
        {"name": "tracing-ends", "set": {"measures.tracing.to": "2022-03-20"}},
        {"name": "zones", "with": [
            {"measure": "zones", "rule": "7+7", "from": "2022-03-16"},
            {"measure": "screening", "from": "2022-03-18", "participation": 0.5,
             "labs": "labs", "when": {"level": "compound", "on": {"positive_within": 5}}},
            {"measure": "quarantine", "days": 7, "beds": ["halls"], "from": "2022-03-17"}]},
        {"name": "new-beds", "set": {"resources": [*RESOURCES, MORE]}, "with": [
            {"measure": "quarantine", "days": 7, "beds": ["hotel"], "from": "2022-03-17"},
            {"measure": "lockdown", "tier": "controlled", "areas": ["Southbank"],
             "when": TRIGGERED, "from": "2022-03-18"}]},
        {"name": "earlier", "set": {"measures.seal.from": "2022-03-10"}},
        {"name": "no-pills", "without": ["pills"]},
    ],
}  # fmt: skip

BEHAVIOUR = {
    "leakage": {"at_start": 0.3, "habit": 0.5},
    "breakouts": {"ignition": 1, "starters": 40, "repression": 0.3, "concession": 0.3},
}


OWN = """
from lazaretto.measures import Measure


class Own(Measure):
    '''Orders nothing.'''

    def order(self, today, places, orders):
        pass
"""


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "180")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin", persons=2_000)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


def scenario(town: Path, name: str = "twin.yaml", **changes) -> Scenario:
    own = {
        "place": str(town / "twin"),
        "end": "2022-04-04",
        "measures": MEASURES,
        "resources": RESOURCES,
        **BUSY,
    }
    return read_checked(write_scenario(town, name, **(own | changes)))


def end_of(policy: Scenario, threads: int, run: RunFolder | None = None) -> dict[str, np.ndarray]:
    """Return all that a run holds at its end, from the first day or from the day in its folder."""
    prepared = prepare(policy, 3)
    with Simulation(prepared.people, prepared.settings, threads) as simulation:
        if run is not None:
            load_checkpoint(simulation, run.checkpoint(0), f"{run.digest}-3")
            assert simulation.date == ON
        simulation.run()
        held = {name: array.copy() for name, array in simulation.tally.arrays().items()}
        kept = simulation.containment.arrays()
        held |= {f"kept {name}": array for name, array in kept.items()}
        held |= {f"trigger {i}": state for i, state in enumerate(simulation.triggered)}
        held |= {f"people {name}": array for name, array in simulation.citizens.arrays().items()}
        held["infected on"] = simulation.state.infected_on
        held["whereabouts"] = simulation.state.whereabouts
    pending = [name for name in held if name.startswith("kept pending")]
    order = np.lexsort([held[name] for name in pending])  # batches may come in any order
    return held | {name: held[name][order] for name in pending}


@pytest.mark.parametrize("behaviour", [None, BEHAVIOUR], ids=["plain", "behaviour"])
def test_a_branch_is_the_whole_run(town, tmp_path, behaviour):
    """To the last bit of all a run holds: measures begun, ended, triggered and added later."""
    base = scenario(town, behaviour=behaviour)
    names = ("long", "short", "tracing-ends", "zones", "new-beds")
    policies = [base, *(policy_named(base, name, begins=ON) for name in names)]
    places, series = places_in(base), set()
    wholes = [end_of(policy, 1) for policy in policies]
    for threads in (1, 2):
        out = tmp_path / str(threads)
        for policy, whole in zip(policies, wholes, strict=True):
            check_shared(base, policy, ON)
            past = KeptDay.of(base, policy, ON, out)
            past.make(3, threads, None, lambda: False)
            run = RunFolder.of(out, policy.name, digest_of(inputs_of(policy, 3, 1)))
            run.path.mkdir(parents=True)
            past.put_into(run, policy, 3, 0, places)
            branched = end_of(policy, threads, run)
            assert branched.keys() == whole.keys()
            apart = [name for name in whole if not np.array_equal(branched[name], whole[name])]
            assert apart == [], policy.name
            series.add(b"".join(array.tobytes() for array in whole.values()))
            before = branched["infections"][:15]
            assert past.series_sha256(3) == hashlib.sha256(before.tobytes()).hexdigest()
        assert len(list(out.glob("twin-banks-to-*"))) == 1, "one past for all of them"
    assert len(series) == len(policies), "every policy makes a difference"


def test_what_a_past_is_kept_for(town, tmp_path):
    """A policy that keeps more from its first day on, as one that looks for cases, has its own."""
    base = scenario(town, measures=MEASURES[1:2], resources=None, alternatives=[
        {"name": "tests", "with": [{"measure": "symptomatic_testing", "share": 0.6,
                                    "delay_days": 1, "from": "2022-03-16"}]},
        {"name": "long", "set": {"measures.seal.to": "2022-04-01"}}])  # fmt: skip
    tests, long = policy_named(base, "tests"), policy_named(base, "long")
    folders = [KeptDay.of(base, each, ON, tmp_path).folder for each in (base, tests, long)]
    assert folders[0] == folders[2] != folders[1]
    made = branch(base, [tests], ON, How(seed=3, threads=1, out=tmp_path))
    assert len(made.pasts) == 2
    whole = run_scenario(tests, seed=3, threads=2).summary["series_sha256"]
    assert made.branches[0].summary["series_sha256"] == whole


def test_the_command(town, runs):
    """Runs lie where plain runs lie and say which past they share; all is found again."""
    scenario(town, outputs={"events": True})
    words = ("branch", town / "twin.yaml", "--on", ON, "--with", "short", "--vary",
             "measures.seal.to=2022-03-28", "--seed", 3, "--out", runs)  # fmt: skip
    said = json.loads(lazaretto(*words, "--json").stdout)
    assert set(said) == documented("branch")
    assert [each["scenario"] for each in said["policies"]] == [
        "twin-banks-short",
        "twin-banks-seal-to-2022-03-28",
    ]
    assert said["past_verified"]
    assert said["failed"] == []
    base = Path(said["base"]["run"])
    for each in said["policies"]:
        about = json.loads((Path(each["run"]) / "branch.json").read_text())
        assert (about["on"], about["days_shared"], about["verified"]) == ("2022-03-16", 15, True)
        assert [about["past_folder"]] == [Path(path).name for path in said["pasts"]]
        assert not list(Path(each["run"]).glob("checkpoint-*"))
    apart = {c["kind"]: c for c in said["policies"][0]["beside_base"]}
    assert apart["days sealed"]["difference"]["mid"] < 0
    assert apart["infections"]["policy"]["mid"] == said["policies"][0]["infections"]
    policy = policy_named(read_checked(town / "twin.yaml"), "short")
    whole = run_scenario(policy, seed=3, threads=1, out=runs / "whole")
    folder = Path(said["policies"][0]["run"])
    events = [pq.read_table(path / "events-000.parquet") for path in (folder, whole.folder.path)]
    assert events[0].equals(events[1]), "infections one by one"
    assert folder.name == whole.folder.path.name, "a plain run finds the branch"
    again = lazaretto("branch", base, *words[2:])  # from the run folder, with its seed
    assert again.stdout.count("made before") == 2
    assert "the same in every run, checked" in again.stdout
    assert said["policies"][1]["differs"] == ["seal.to 2022-03-22 -> 2022-03-28"]
    other = lazaretto(*words[:1], base, *words[2:], "--replicates", 2, "--json")
    assert "has 1 replicates and 2 are asked for" in other.stderr
    assert not json.loads(other.stdout)["base"]["found"]


def test_a_grid_is_told_by_its_values(town, runs, monkeypatch):
    """In the terminal and for machines, also where the name of a policy is cut short."""
    scenario(town)
    words = ["branch", town / "twin.yaml", "--on", ON, "--out", runs]
    for vary in ("measures.seal.to=2022-03-28,2022-03-30", "measures.tracing.to=2022-03-20",
                 "measures.pills.to=2022-03-19"):  # fmt: skip
        words += ["--vary", vary]
    for columns in ("80", "160"):
        monkeypatch.setenv("COLUMNS", columns)
        shown = lazaretto(*words).stdout
        assert "…" not in shown
        assert "seal.to 2022-03-22 -> 2022-03-28" in shown
        assert "pills.to" in shown
    both = ("--set", "measures.seal.to=2022-03-26")
    said = lazaretto(*words, *both, code=2).stderr
    assert "problem with the options" in said
    assert "--set measures.seal.to=2022-03-26" in said


def test_what_differs_before_the_day_is_refused(town):
    scenario(town)
    words = ("branch", town / "twin.yaml", "--on", ON)
    early = lazaretto(*words, "--with", "earlier", "--with", "no-pills", code=2).stderr
    assert "seal.from 2022-03-12 -> 2022-03-10" in early
    assert "without pills" in early
    assert "2022-03-16" in early
    beds = "resources.halls.opened=[{from: 2022-03-06, amount: 99}]"
    assert "halls" in lazaretto(*words, "--vary", beds, code=2).stderr
    new = "food_delivery:share=0.5,from=2022-03-10"
    assert "with food_delivery" in lazaretto(*words, "--with", new, code=2).stderr
    lazaretto(*words, "--vary", "behaviour.enforcement=1", code=2)
    lazaretto(*words, "--vary", "r0=3,4", code=2)
    assert "a day after the first" in lazaretto(*words[:2], "--on", "2022-03-01", "--with", "long",
                                                code=2).stderr  # fmt: skip
    assert "an ISO date" in lazaretto(*words[:2], "--on", "soon", "--with", "long", code=2).stderr
    assert "policies to go on with" in lazaretto(*words, code=2).stderr
    assert "did you mean long" in lazaretto(*words, "--with", "lomg", code=2).stderr


def test_one_that_could_act_before_is_no_part_of_a_shared_past(town):
    """A trigger without a first day may fire on any day, whatever it did in this run."""
    base = scenario(town)
    with pytest.raises(ScenarioError, match=r"schools\.when"):
        check_shared(base, varied(base, ["measures.schools.when.least_days=3"])[0], ON)
    check_shared(base, base, ON)
    own = [*MEASURES, {"measure": "own.py:Own", "name": "own", "to": "2022-03-25"}]
    (town / "own.py").write_text(OWN, encoding="utf-8")
    base = scenario(town, measures=own)
    with pytest.raises(ScenarioError, match="own"):  # its own measure may look at its last day
        check_shared(base, varied(base, ["measures.own.to=2022-03-30"])[0], ON)


def test_several_keys_make_a_grid(town):
    base = scenario(town)
    given = ["measures.seal.to=2022-03-20,2022-03-28", "measures.isolate.beds=[halls],[labs]"]
    made = varied(base, given)
    values = [(each.measures[1].parameters()["to"].day, each.measures[4].parameters()["beds"])
              for each in made]  # fmt: skip
    assert values == [(20, ["halls"]), (20, ["labs"]), (28, ["halls"]), (28, ["labs"])]
    assert len({each.name for each in made}) == 4


def test_stopped_and_gone_on_with(town, tmp_path):
    """Asked to stop in the past and in a policy, the same call goes on to the same end."""
    base = scenario(town)
    policies = [policy_named(base, "short")]
    expected = [end_of(policies[0], 1)["infections"].sum(), end_of(base, 1)["infections"].sum()]
    for stop_after in (9, 3, 12):
        days = iter(range(10**6))
        stop = lambda days=days, most=stop_after: next(days) >= most  # noqa: E731
        with pytest.raises(Interrupted):
            branch(base, policies, ON, How(seed=3, threads=1, out=tmp_path, stop=stop))
    made = branch(base, policies, ON, How(seed=3, threads=1, out=tmp_path))
    found = [made.branches[0].summary["infections"], made.base[1].summary["infections"]]
    assert found == expected


def test_a_damaged_day_is_simulated_to_again(town, tmp_path):
    base = scenario(town)
    how = How(seed=3, threads=1, out=tmp_path)
    past = KeptDay.of(base, base, ON, tmp_path)
    past.make(3, 1, None, lambda: False)
    whole = past.path(3).read_bytes()
    past.path(3).write_bytes(whole[: len(whole) // 2])
    branch(base, [], ON, how)
    assert past.path(3).stat().st_size == len(whole)


def test_a_run_that_does_not_share_the_past_is_noticed(town, tmp_path, monkeypatch):
    base = scenario(town)
    real = branching.fingerprint
    other = {"infections": "another past"}
    monkeypatch.setattr(branching, "fingerprint", lambda *given: real(*given) | other)
    with pytest.raises(PastDiffersError, match="infections before 2022-03-16"):
        branch(base, [], ON, How(seed=3, threads=1, out=tmp_path))


def lazaretto(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result
