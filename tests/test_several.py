"""Several policies beside one: alternatives by name, paired differences, who was spared."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from costed_runs import many_runs
from json_pages import documented
from own_place import SCENARIO, write_place
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.engine.checked import read_checked
from lazaretto.report.virus_and_policy import panels, tops, virus_and_policy_figures
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies.named_policies import policy_named
from lazaretto.studies.pairing import Pairing, pairings
from lazaretto.studies.spared import AGES, spared

MEASURES = [
    {"measure": "lockdown", "name": "seal", "tier": "sealed", "areas": ["Northbank"],
     "from": "2022-03-08", "to": "2022-03-14"},
    {"measure": "symptomatic_testing", "name": "tests", "share": 0.6, "delay_days": 1},
]  # fmt: skip

ALTERNATIVES = [
    {"name": "earlier", "title": "Two days earlier", "set": {"measures.seal.from": "2022-03-06"}},
    {"name": "open", "without": ["seal"]},
    {"name": "null", "with": [{"measure": "lockdown", "tier": 1, "from": "2022-03-08",
                               "to": "2022-03-09", "areas": ["Southbank"]}]},
    {"name": "supported", "with": [{"measure": "visiting_rights", "share": 0.2}]},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin", persons=1_500)
    write(folder)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


def write(folder: Path, file: str = "twin.yaml", **changes) -> Path:
    own = {"end": "2022-03-18", "measures": MEASURES, "alternatives": ALTERNATIVES}
    content = {key: part for key, part in (SCENARIO | own | changes).items() if part is not None}
    path = folder / file
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def lazaretto(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def numbers(value: object, path: str = "") -> dict[str, float]:
    """Return every number below a value of JSON, by where it stands."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        return {} if isinstance(value, str | bool | None) else {path: value}
    return {at: n for key, part in parts for at, n in numbers(part, f"{path}.{key}").items()}


def differences(other: dict) -> dict[str, float]:
    found = {each["kind"]: each["difference"] for each in other["comparison"]}
    variances = {each["kind"]: each["paired_variance"] for each in other["pairing"]}
    averted = {f"{e['by']} {e['group']}": {k: e[k] for k in ("low", "mid", "high", "per_1000")}
               for e in other["averted"]}  # fmt: skip
    return numbers({"difference": found, "variance": variances, "averted": averted})


def test_alternatives_by_name(town):
    base = Scenario.load(town / "twin.yaml")
    earlier = policy_named(base, "earlier")
    assert earlier.name == "twin-banks-earlier"
    assert earlier.measures[0].parameters()["from"].isoformat() == "2022-03-06"
    assert earlier.alternatives == []
    assert [each.measure for each in policy_named(base, "open").measures] == ["symptomatic_testing"]
    assert len(policy_named(base, "supported").measures) == 3
    assert policy_named(base, "twin-banks") is base
    assert Scenario.load(write(town, "bare.yaml", alternatives=None)).digest() == base.digest()
    with pytest.raises(ScenarioError, match="did you mean earlier"):
        policy_named(base, "earlyer")
    fewer = Scenario.load(town / "twin.yaml", ["measures=[]"])
    assert [each.name for each in fewer.alternatives] == ["earlier", "null", "supported"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "x"}, "the same policy"),
        ({"name": "x", "without": ["lockdwn"]}, "did you mean lockdown"),
        ({"name": "x", "set": {"behaviour.enforcement": 1}}, "two policies are compared"),
        ({"name": "X y", "without": ["seal"]}, "name"),
        ({"name": "x", "remove": ["seal"]}, "remove"),
    ],
)
def test_a_wrong_alternative_is_refused(town, wrong, said):
    path = write(town, "wrong.yaml", alternatives=[wrong])
    with pytest.raises(ScenarioError, match=said):
        Scenario.load(path)


def test_check_looks_at_alternatives(town):
    late = {"name": "late", "with": [{"measure": "lockdown", "tier": 9}]}
    path = write(town, "late.yaml", alternatives=[late])
    assert "alternatives.late: measures.2.tier" in lazaretto("check", path, code=2).stderr


def test_shipped_alternatives_can_be_run_and_compared():
    from lazaretto.studies.comparable import check_comparable

    base = read_checked("shanghai-2022")
    names = [each.name for each in base.alternatives]
    assert names == ["lockdown-14-days-earlier", "no-lockdown", "support-first"]
    for name in names:
        check_comparable(base, policy_named(base, name))
    first = policy_named(base, names[0]).measures
    moved = {each.name: each.parameters().get("from") for each in first}
    own = {each.name: each.parameters().get("from") for each in base.measures}
    assert (own["lockdown-first-batch"] - moved["lockdown-first-batch"]).days == 14
    assert (own["lockdown-second-batch"] - moved["lockdown-second-batch"]).days == 14


def test_a_null_comparison_is_exactly_zero(town, runs):
    """The scenario with itself, and with a measure that changes nothing: zero in every number."""
    words = ("compare", town / "twin.yaml", "--replicates", 3, "--out", runs, "--no-report")
    own = ("--with", "twin-banks", "--with", town / "same.yaml", "--json")
    nobody = {"measure": "symptomatic_testing", "share": 0, "delay_days": 1}
    write(town, "same.yaml", name="same", alternatives=None,
          measures=[*MEASURES, nobody])  # fmt: skip
    said = json.loads(lazaretto(*words, *own).stdout)
    assert [each["name"] for each in said["others"]] == ["twin-banks", "same"]
    for other in said["others"]:
        found = differences(other)
        assert len(found) > 40
        assert [at for at, number in found.items() if number != 0] == []
        assert other["reached"] == said["reached"]
        assert other["run"]["infections"] == said["policy"]["infections"]
    assert said["others"][0]["differs"] == ["the same policy: every difference is zero"]


def test_the_command_and_its_page(town, runs):
    words = ("compare", town / "twin.yaml", "--with", "open", "--with", "earlier", "--out", runs,
             "--replicates", 3)  # fmt: skip
    shown = lazaretto(*words, "--no-report")
    assert "6 runs" in shown.stderr or "9 runs" in shown.stderr
    assert "…" not in shown.stdout, "no name is cut"
    for part in ("twin-banks beside open, earlier", "what the policy", "who was spared",
                 "what the shared chance saves", "aim reached"):  # fmt: skip
        assert part in shown.stdout
    said = json.loads(lazaretto(*words, "--json").stdout)
    assert set(said) == documented("compare --with")
    page = Path(said["report"]).read_text(encoding="utf-8")
    assert page.count("<figure id=") == 3
    assert "<script" not in page
    assert "Virus and policy: open" in page
    assert "Residents behind closed gates" in page
    assert "from the lowest to the highest pair of runs" in page
    opened = said["others"][0]
    kinds = {each["kind"]: each for each in opened["comparison"]}
    assert kinds["days sealed"]["difference"]["mid"] < 0 < kinds["days sealed"]["base"]["mid"]
    more = kinds["infections"]["difference"]["mid"]
    by = {}
    for each in opened["averted"]:
        by.setdefault(each["by"], []).append(each["mid"])
    assert more > 0
    assert all(min(found) < 0 for found in by.values()), "more were infected, not averted"
    assert "district" not in by, "nothing by district of fewer than 100,000 residents"


def test_what_is_refused(town):
    words = ("compare", town / "twin.yaml", "--no-report", "--with", "open")
    assert "one of both" in lazaretto(*words, "--without", "seal", code=2).stderr
    assert "one of both" in lazaretto(*words, "--with", "food_delivery:share=1", code=2).stderr
    twice = lazaretto(*words, "--with", "open", code=2).stderr
    assert twice.startswith("1 problem with the options")
    assert "every policy once" in twice
    far = lazaretto(*words[:-1], "chongming-example", code=2).stderr
    assert far.startswith("1 problem")
    assert "compared for the same people" in far
    hard = {"measure": "lockdown", "tier": 2, "from": "2022-03-02", "to": "2022-03-03"}
    write(town, "hard.yaml", name="hard", behaviour={"enforcement": 1}, measures=[hard],
          alternatives=None)  # fmt: skip
    assert "conditions" in lazaretto(*words, "--with", town / "hard.yaml", code=2).stderr
    said = lazaretto(*words, "--with", "oepn", code=2).stderr
    assert "did you mean open" in said
    assert lazaretto(*words[:-1], "food_delivry:share=0.5", code=2).stderr.count("food_delivery")


def test_an_added_measure_leaves_the_draws_as_they_are():
    """Else runs with the same seed would differ in their numbers too, not in the policy alone."""
    base = Scenario.load("shanghai-2022")
    with_food = policy_named(base, "food_delivery:share=0.5")
    before, after = ([key for number in each.posterior.fitted for key in number.keys]
                     for each in (base, with_food))  # fmt: skip
    assert before == after
    assert "measures.distance-spring.factor" in after


def test_what_pairing_saves():
    """Against variances worked out by hand, and in words."""
    ours, theirs = many_runs(6), many_runs(6, infections=300)
    found = {each.kind: each for each in pairings(ours, theirs)}
    x, y = (runs["infections_by_age"].sum(("date", "age")).values for runs in (ours, theirs))
    assert found["infections"].paired == pytest.approx(np.var(x - y, ddof=1))
    assert found["infections"].unpaired == pytest.approx(np.var(x, ddof=1) + np.var(y, ddof=1))
    assert Pairing("x", 5, 1.0, 20.0).words == (
        "5 pairs tell as much as about 100 pairs of runs with their own chance (95% fewer)"
    )
    assert "nothing: the variance is 1.50 times" in Pairing("x", 20, 3.0, 2.0).words
    assert "the same in every pair" in Pairing("x", 20, 0.0, 2.0).words
    assert "no run differs" in Pairing("x", 20, 0.0, 0.0).words
    assert "3 pairs of runs or more" in Pairing("x", 2, 1.0, 2.0).words


def test_who_was_spared_adds_up():
    """In a single pair of runs the parts sum to all that was averted."""
    ours, theirs = many_runs(1), many_runs(1, infections=300)
    rows = spared(ours, theirs)
    for by, name in (("age", "infections_by_age"), ("origin", "infections")):
        averted = float(theirs[name].sum() - ours[name].sum())
        assert sum(each.averted.mid for each in rows if each.by == by) == averted
    assert [each.group for each in rows if each.by == "age"] == list(AGES)
    assert all(each.per_1000 is None for each in rows if each.by == "origin")


def test_figures_share_their_scales():
    policies = {"one": many_runs(2), "two": many_runs(2, infections=900)}
    scales = tops(list(policies.values()))
    for results in policies.values():
        for panel, top in zip(panels(results), scales, strict=True):
            assert all(float(series.max()) <= top for series in panel.series.values())
    figures = virus_and_policy_figures(policies)
    assert [figure.heading for figure in figures] == [f"Virus and policy: {n}" for n in policies]
    pans = [panel.pan for panel in panels(policies["one"])]
    assert pans.count("the virus") == pans.count("the policy") == 2
