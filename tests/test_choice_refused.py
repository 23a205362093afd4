"""What a search for policies may never touch: conditions of the society, harder confinement."""

from __future__ import annotations

from datetime import date

import pytest
from searched_town import CONDITION, levers_of, one, write_searched

from lazaretto.measures import known_measures
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies.choice.levers import own_values, read_levers, shipped_levers, with_values
from lazaretto.studies.levers import CONDITION_KEYS

pytest.importorskip("optuna")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_searched(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def scenario(town):
    return Scenario.load(town / "twin.yaml")


def refused(scenario, tmp_path, text):
    with pytest.raises(ScenarioError) as told:
        levers_of(scenario, tmp_path, text)
    return str(told.value)


SPELLED = (
    "behaviour.enforcement", " behaviour.enforcement ", "behaviour . enforcement", "behaviour",
    "Behaviour.Enforcement", "BEHAVIOUR.ENFORCEMENT.value", "behaviour.enforcement.value",
    "behaviour.messages.deletion", "behaviour.messages", "behaviour.messages.deleted_share",
    "measures.seal.enforcement", "measures.0.enforcement", "measures.rounds.arrest_rate",
    "measures.2.arrest_rate", "measures.raids.py:Raids.arrest_rate",
    "resources.police.opened.0.amount",
    "measures.seal.tier=1,behaviour.enforcement", "measures.censorship.share",
    *(f"behaviour.messages.{key}" for key in sorted(CONDITION_KEYS)),
)  # fmt: skip


@pytest.mark.parametrize("key", SPELLED)
def test_a_condition_is_refused_in_every_spelling(scenario, tmp_path, key):
    assert CONDITION in refused(scenario, tmp_path, one(key))
    assert CONDITION in refused(scenario, tmp_path, one(["measures.food.share", key]))


def test_a_condition_is_refused_behind_an_anchor_a_merge_and_a_tag(scenario, tmp_path):
    for text in (
        "levers:\n  - {key: &k behaviour.enforcement, kind: number, low: 0, high: 1, unit: share}\n"
        "  - {key: *k, kind: number, low: 0, high: 1, unit: share}\n",
        "levers:\n  - &a {key: behaviour.messages.deletion, kind: number, low: 0, high: 1, "
        "unit: share}\n  - {<<: *a, unit: share}\n",
        'levers: [{key: "behaviour.\\x65nforcement", kind: number, low: 0, high: 1, unit: share}]',
        "levers: [{key: !!str behaviour.enforcement, kind: number, low: 0, high: 1, unit: share}]",
    ):
        assert CONDITION in refused(scenario, tmp_path, text)
    assert "--levers" in refused(scenario, tmp_path, "levers: !!python/name:os.system []")


def test_a_condition_cannot_come_in_with_what_is_added_or_as_a_choice(scenario, tmp_path):
    good = one("measures.food.share")
    for added in ("food_delivery:enforcement=1", "food_delivery:share=1,arrest_rate=2",
                  "censor:share=1", "food_delivery:name=enforcement"):  # fmt: skip
        assert CONDITION in refused(scenario, tmp_path, f"with: ['{added}']\n{good}")
    for added in ("lockdown:tier=3", "raids.py:Raids", "zones:rule=7+7"):
        said = refused(scenario, tmp_path, f"with: ['{added}']\n{good}")
        assert "support, care, testing, tracing or vaccination" in said
    for choice in ("{enforcement: 1}", "'{enforcement: 1}'", "'sealed, enforcement: 1'", "enforced",
                   "[[a], [b]]", "null"):  # fmt: skip
        text = one("measures.seal.tier", f"kind: choice, unit: tier, choices: [open, {choice}]")
        assert "each a word, a number" in refused(scenario, tmp_path, text)


def test_what_is_on_no_list_is_refused_whatever_it_is(scenario, tmp_path):
    for key in ("r0", "measures", "measures.seal", "measures.seal.measure", "measures.seal.name",
                "measures.rounds.zeal", "seeding.0.infections_per_day", "place", "disease", "end",
                "measures.seal.when.on", "confinement.residents.sealed.building", "nation",
                "behaviour.trust.effect", "measures.clinics.labs", "resources.hall", "aim.value",
                "measures.nobody.share", "measures.clinics.background", "measures.clinics.share",
                "measures.clinics.delay_days",
                "measures.clinics.specificity", "resources.hall.opened.7.amount",
                "contacts.own_subdistrict",
                "vaccination.doses.0.share", "", "."):  # fmt: skip
        said = refused(scenario, tmp_path, one(key))
        assert said.startswith("1 problem"), key


def test_every_parameter_of_every_measure_is_either_free_lighter_or_refused(town, tmp_path):
    """Nothing of the measures that confine gets through as free; names of conditions never do."""
    from lazaretto.studies.choice.guard import target_of
    from lazaretto.studies.levers import LIGHTER, WITHOUT_CONFINING

    class Entry:
        name = None

    for word, kind in known_measures().items():
        entry = Entry()
        entry.measure = word
        lone = type("Lone", (), {"measures": [entry], "vaccination": None, "resources": []})()
        for field in kind.model_fields:
            alias = kind.model_fields[field].alias or field
            target = target_of(lone, [None], f"measures.0.{alias}")
            if hasattr(target, "confines"):
                assert target.confines == (word not in WITHOUT_CONFINING), (word, alias)
                assert not target.confines or alias in LIGHTER[word]


def test_confinement_may_only_become_lighter(scenario, tmp_path):
    soft = Scenario.load(scenario.folder / "twin.yaml", [
        "measures.seal.tier=controlled", "measures.rounds={measure: close_schools, factor: 0.5, "
        "name: rounds}", "measures.3={measure: quarantine, days: 7, beds: [hall], name: hotel}",
    ])  # fmt: skip
    lighter = "a search may only make confinement lighter"
    for key, rest in (
        ("measures.seal.tier", "kind: choice, choices: [open, sealed], unit: tier"),
        ("measures.seal.tier", "kind: whole, low: 1, high: 3, unit: tier"),
        ("measures.seal.length", "kind: whole, low: 1, high: 12, unit: days"),
        ("measures.seal.to", "kind: date, low: 2022-03-10, high: 2022-03-17, unit: date"),
        ("measures.seal.areas", "kind: choice, unit: districts, choices: [[Northbank], all]"),
        (
            "measures.seal.areas",
            "kind: choice, unit: districts, choices: [[Northbank], [Northbank, Southbank]]",
        ),
        ("measures.rounds.factor", "kind: number, low: 0.4, high: 1, unit: share"),
        ("measures.hotel.days", "kind: whole, low: 3, high: 8, unit: days"),
        ("measures.hotel.beds", "kind: choice, unit: stock, choices: [[], [elsewhere]]"),
    ):
        assert lighter in refused(soft, tmp_path, one(key, rest)), key
    _, found = levers_of(
        soft,
        tmp_path,
        """
levers:
  - {key: measures.seal.tier, kind: choice, choices: [open, controlled], unit: tier}
  - {key: measures.rounds.factor, kind: number, low: 0.5, high: 1, unit: share}
  - {key: measures.hotel.days, kind: whole, low: 3, high: 7, unit: days}
  - {key: measures.food.share, kind: number, low: 0, high: 1, unit: share}
""",
    )
    assert [len(each.values) for each in found] == [2, 21, 5, 21]


def test_a_lockdown_that_is_moved_stays_as_long(scenario, town):
    there, found = read_levers(scenario, town / "levers.yaml")
    moved = with_values(there, found[:1], [-4])
    assert [moved.measures[0].parameters()[key] for key in ("from", "to")] == [
        date(2022, 3, 2), date(2022, 3, 12)]  # fmt: skip
    short = with_values(there, found[:2], [4, 2])
    assert [short.measures[0].parameters()[key] for key in ("from", "to")] == [
        date(2022, 3, 10), date(2022, 3, 11)]  # fmt: skip
    assert own_values(there, found) == [0, 11, "sealed", 0.3]
    assert short.measures[1:] == scenario.measures[1:]


def test_all_that_is_wrong_is_said_at_once(scenario, tmp_path):
    said = refused(
        scenario,
        tmp_path,
        """
levers:
  - {key: measures.seal.length, kind: whole, low: 1, high: 5, unit: weeks}
  - {key: measures.food.share, kind: number, low: 0.5, high: 0.5, unit: share}
  - {key: measures.seal.from, kind: number, low: 1, high: 5, unit: date}
  - {key: measures.seal.length, kind: choice, choices: [1], unit: days}
""",
    )
    assert said.startswith("4 problems")
    twice = one(["measures.food.share", "measures.4.share"])
    assert "each key once" in refused(scenario, tmp_path, twice)
    assert "at most 1: " not in refused(scenario, tmp_path, one("measures.food.share",
                                        "kind: number, low: 0, high: 3, unit: share"))  # fmt: skip
    with pytest.raises(ScenarioError, match="some come with chongming-example, shanghai-2022"):
        read_levers(scenario)


@pytest.mark.parametrize("name", ["chongming-example", "shanghai-2022"])
def test_the_levers_that_come_along_are_allowed(name):
    there, found = read_levers(Scenario.load(name))
    assert name in shipped_levers()
    own = own_values(there, found)
    assert own.count(None) == 0, "the scenario as it is can be searched from"
    assert all(lever.unit for lever in found)
    kinds = {there.measures[t.entry].measure for lever in found for t in lever.targets
             if t.section == "measures"}  # fmt: skip
    assert {"lockdown", "screening", "food_delivery", "income_support"} <= kinds


@pytest.mark.parametrize(
    ("lever", "said"),
    [
        ("{key: measures.seal.tier, kind: choice, choices: [open, weled], unit: tier}",
         "allowed: one of open, precaution, controlled, sealed"),
        ("{key: measures.seal.tier, kind: choice, choices: [open, 7], unit: tier}",
         "allowed: one of open, precaution, controlled, sealed"),
        ("{key: measures.seal.to, kind: choice, choices: [soon, late], unit: date}", "levers"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(scenario, tmp_path, lever, said):
    assert said in refused(scenario, tmp_path, f"levers: [{lever}]")
