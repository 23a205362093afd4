"""The proportionality table: its questions in order, who bears it, and what is not known."""

from __future__ import annotations

import costed_runs as costed
import pytest
import xarray as xr
from judged_runs import FEW_DEATHS, RUNS, answers, happened, mild_runs, strict_runs

from lazaretto.measures import known_measures
from lazaretto.outcomes import fairness
from lazaretto.outcomes.aims import Chance, chance
from lazaretto.outcomes.confined_more import confined_more, none_confines_less
from lazaretto.outcomes.proportionality import proportionality
from lazaretto.outcomes.verdicts import FAILS, TOO_FEW, disagree, flipped, likely
from lazaretto.scenario import Scenario
from lazaretto.scenario.support import SUPPORT, support_in

QUESTIONS = ["aim", "suitability", "necessity", "proportionality", "cost-effectiveness",
             "distribution", "support", "review", "not known"]  # fmt: skip


@pytest.fixture(scope="module")
def strict() -> xr.Dataset:
    return strict_runs()


@pytest.fixture(scope="module")
def mild() -> xr.Dataset:
    return mild_runs()


@pytest.fixture(scope="module")
def table(strict, mild):
    """The policy beside a milder one, nothing else said."""
    return answers(strict, mild, FEW_DEATHS)


# The table


def test_the_questions_in_their_order(table):
    assert list(table) == QUESTIONS
    for row in table.values():
        assert row.answer
        for line in (row.answer, *row.detail):
            assert isinstance(line, str)
            for word in ("nan", "inf ", "inf)", "None", "score"):
                assert word not in line.replace("infection", ""), line


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"deaths": 0}, {"deaths": 0}),
        ({"sealed": 0, "controlled": 0}, {"sealed": 0, "controlled": 0}),
        ({"sealed": 0, "controlled": 0, "infections": 0, "deaths": 0, "ill": False}, {}),
        ({"deaths": 9}, {"deaths": 1}),
    ],
)
def test_the_table_is_made_at_the_edges(ours, theirs):
    table = proportionality(costed.many_runs(2, **ours), costed.many_runs(2, **theirs), FEW_DEATHS)
    assert [row.question for row in table] == QUESTIONS
    for row in table:
        for line in (row.answer, *row.detail):
            assert "nan" not in line, line
            assert " inf" not in line.replace(" infection", ""), line


def test_one_run_without_a_replicate_axis():
    mild = costed.one_run(1, deaths=9, sealed=10)
    found = answers(costed.one_run(1, deaths=1), mild, FEW_DEATHS)
    assert "1 of 1 run)" in found["suitability"].answer
    assert found["necessity"].answer.startswith("may pass this test")


def test_without_a_less_restrictive_policy_it_says_how_to_judge(strict):
    found = answers(strict, None, FEW_DEATHS)
    for question in ("necessity", "proportionality", "cost-effectiveness", "review"):
        assert found[question].answer.startswith("not judged")
        assert "lazaretto compare" in found[question].detail[0]
    assert found["suitability"].answer.startswith("aim likely reached: 100%")


def test_the_table_is_a_function_of_the_results(strict, mild, table):
    before = strict.copy(deep=True), mild.copy(deep=True)
    assert answers(strict, mild, FEW_DEATHS) == table
    assert strict.identical(before[0])
    assert mild.identical(before[1])


@pytest.mark.parametrize(
    "gone",
    [
        costed.BEHAVIOUR,
        ("persons_by_income",),
        ("persons_by_group",),
        ("persons_by_income", "persons_by_group"),
        ("symptomatic_by_age",),
        ("longest_stay",),
        ("persons_by_tier",),
    ],
)
def test_the_table_does_with_what_there_is(gone):
    strict, mild = costed.many_runs(2, deaths=1), costed.many_runs(2, sealed=10)
    table = answers(strict.drop_vars(gone), mild.drop_vars(gone), FEW_DEATHS)
    assert list(table) == QUESTIONS
    if gone == ("symptomatic_by_age",):
        assert table["cost-effectiveness"].answer == "not judged: DALYs of infection not known"
    if len(gone) == 2:
        assert table["distribution"].answer.startswith("not judged")
    if gone == ("persons_by_tier",):
        assert table["review"].answer == "not judged: the results lack persons_by_tier"
        assert table["proportionality"].answer.startswith("not judged")


def test_other_days_or_other_people_are_refused(strict):
    with pytest.raises(ValueError, match="same days"):
        proportionality(strict, costed.many_runs(2, days=50), FEW_DEATHS)
    fewer = strict.assign(persons_by_tier=strict["persons_by_tier"] // 2)
    with pytest.raises(ValueError, match="same people"):
        proportionality(strict, fewer, FEW_DEATHS)


def test_who_bears_it(table):
    row = table["distribution"]
    assert "poorest fifth (20.0% of residents) 20.0%" in row.answer
    assert "migrants (43.3% of residents) 43.3%" in row.answer
    assert any("50.8% of food-insecure days" in line for line in row.detail)
    nobody = answers(costed.many_runs(1, sealed=0), None, FEW_DEATHS)["distribution"]
    assert nobody.answer.startswith("nobody is sealed; of controlled or sealed days: poorest fifth")


def test_shares_are_of_all_runs_together():
    """A run with few sealed days counts for few: sums over the runs, not a mean of shares."""
    runs = costed.many_runs(2)
    tiers, income = (
        runs["persons_by_tier"].copy(deep=True),
        runs["persons_by_income"].copy(deep=True),
    )
    # In the first run one poor person is sealed for one day, and nobody else for any.
    for counted_by in (tiers, income):
        counted_by[{"replicate": 0, "date": slice(1, None), "tier": 3}] = 0
    tiers[{"replicate": 0, "date": 1, "district": 0, "tier": 3}] = 1
    income[{"replicate": 0, "date": 1, "district": 0, "tier": 3, "income": 0}] = 1
    changed = runs.assign(persons_by_tier=tiers, persons_by_income=income)
    row = answers(changed, None, FEW_DEATHS)["distribution"]
    assert "poorest fifth (20.0% of residents) 20.0%" in row.answer
    assert any("sums over the runs" in line for line in row.detail)


def test_support_is_named_and_its_effect_shown_where_it_was_run():
    strict = costed.many_runs(2)
    row = answers(strict, None, FEW_DEATHS, support=["food_delivery", "zones", "information"])
    assert row["support"].answer == (
        "given: food delivery, official information; not given: medical passes, income support, "
        "visiting rights, longest stay"
    )
    assert row["support"].detail[0] == (
        "effect of support alone: not judged: `lazaretto compare` runs the policy without its "
        "support"
    )
    idle = {"food_delivery": "share 0", "longest_stay": ""}
    row = answers(strict, None, FEW_DEATHS, support=idle)["support"]
    assert row.answer.startswith(
        "given: longest stay; written but without effect: food delivery (share 0); not given: "
    )
    assert answers(strict, None, FEW_DEATHS)["support"].answer == "not stated"
    without = strict.assign(leaks=strict["leaks"] * 2)
    row = answers(strict, None, FEW_DEATHS, support=(), unsupported=without)["support"]
    assert row.answer.startswith("given: none")
    assert row.detail[0] == "adult-days of leakage: 8,400; without the support 16,800"
    small = strict.drop_vars(costed.BEHAVIOUR)
    row = answers(small, None, FEW_DEATHS, support=["longest_stay"], unsupported=small)["support"]
    assert row.detail == ("effect of support alone: the results say neither leakage nor food",)


GIVEN = [
    {"measure": "food_delivery", "share": 0.5},
    {"measure": "medical_passes", "share": 0},
    {"measure": "official_information", "accuracy": 0.9},
    {"measure": "visiting_rights", "share": 0.3},
    {"measure": "longest_stay", "days": 14, "rest_days": 2},
]


def test_support_that_cannot_act_is_not_credited():
    assert set(SUPPORT) <= set(known_measures())
    assert {name.replace("_", " ") for name in SUPPORT} == set(fairness.SUPPORT)
    changes = {"measures": GIVEN, "less_restrictive": None}
    missing = "the scenario has no `behaviour`"
    without = Scenario.load("shanghai-2022", {**changes, "behaviour": None})
    assert support_in(without) == {
        "food_delivery": missing,
        "medical_passes": "share 0",
        "official_information": missing,
        "visiting_rights": "",
        "longest_stay": "",
    }
    responding = Scenario.load("shanghai-2022", {**changes, "behaviour": {}})
    found = support_in(responding)
    assert {name for name, why in found.items() if why} == {"medical_passes"}
    hard = Scenario.load("shanghai-2022", {**changes, "behaviour": {"hardship": {"active": False}}})
    assert support_in(hard)["food_delivery"] == "`behaviour.hardship` is off"
    assert support_in(hard)["official_information"] == ""
    twice = [*GIVEN, {"measure": "medical_passes", "share": 0.4}]
    both = Scenario.load("shanghai-2022", {**changes, "behaviour": {}, "measures": twice})
    assert support_in(both)["medical_passes"] == ""


# Confined more


def test_without_anybody_confined_less_necessity_is_not_judged():
    ours, theirs = costed.many_runs(3, deaths=1), costed.many_runs(3, deaths=5)
    table = answers(ours, theirs, FEW_DEATHS)
    for question in ("necessity", "review"):
        assert table[question].answer == "not judged: neither policy confines less"
    assert table["proportionality"].answer.endswith("without more controlled or sealed person-days")
    assert table["suitability"].answer.startswith("aim likely reached")
    assert not any("necessity" in line for line in table["not known"].detail)
    held = theirs.assign(held=theirs["held"] // 2)
    assert none_confines_less(confined_more(ours, held)) == "", "fewer are held in facilities"
    lightly = costed.many_runs(3, controlled=9, deaths=5)
    assert none_confines_less(confined_more(ours, lightly)) == ""
    assert answers(ours, lightly, FEW_DEATHS)["necessity"].answer.startswith("passes")


# Structures


def test_structures_that_agree_and_that_do_not(strict, mild):
    others = (
        costed.many_runs(RUNS, sealed=20, deaths=1.2),
        costed.many_runs(RUNS, sealed=10, deaths=5.5),
    )
    same = answers(strict, mild, FEW_DEATHS, {"fatigue off": others})
    assert same["suitability"].answer.endswith("the same under all 2 structures")
    assert same["suitability"].detail == (
        "as configured, fatigue off: 100% (91% to 100%; 20 of 20 runs), likely reached",
    )
    assert "disagree" not in same["necessity"].answer
    assert same["not known"].detail == ()
    other = answers(
        strict, mild, FEW_DEATHS, {"small active population": (mild, mild), "alone": (strict, None)}
    )
    assert other["suitability"].answer.endswith("the structures disagree")
    assert other["necessity"].answer.endswith("the structures disagree")
    assert any(line == "alone: not judged" for line in other["necessity"].detail)
    assert any(f"{FAILS}" in line for line in other["necessity"].detail)
    assert other["not known"].detail == (
        "suitability is another under: small active population",
        "necessity is another under: small active population",
    )


def test_structures_that_made_no_difference_are_not_counted(strict, mild):
    table = answers(strict, mild, FEW_DEATHS, {"fatigue off": (strict, mild)})
    for question in ("suitability", "necessity"):
        assert table[question].answer.endswith("; no structure made a difference in these runs")
        assert "fatigue off: made no difference in these runs" in table[question].detail
    assert table["not known"].detail == ()
    others = costed.many_runs(RUNS, sealed=20, deaths=1.2), mild
    structures = {"fatigue off": (strict, mild), "no deletion": (strict, mild), "few": others}
    table = answers(strict, mild, FEW_DEATHS, structures)
    assert table["suitability"].answer.endswith(
        "; the same under all 2 structures; 2 made no difference in these runs"
    )
    assert "fatigue off, no deletion: made no difference in these runs" in (
        table["suitability"].detail
    )


def test_too_few_runs_do_not_compare_structures():
    """Opposite structures are not called the same because none of them is told by two runs."""
    ours, theirs = costed.many_runs(2, deaths=1), costed.many_runs(2, deaths=9, sealed=10)
    opposite = costed.many_runs(2, deaths=50), costed.many_runs(2, deaths=60, sealed=10)
    table = answers(ours, theirs, FEW_DEATHS, {"few active": opposite})
    for question in ("suitability", "necessity"):
        assert table[question].answer.endswith("; too few runs to compare structures")
    assert "suitability: too few runs to compare structures" in table["not known"].detail
    assert not any("is another" in line for line in table["not known"].detail)
    said = {"as configured": likely(chance(happened(9, 10))), "a": likely(chance(happened(5, 10)))}
    assert disagree(said) == "; too few runs to compare structures"
    assert flipped(said) == [], "a flip is from likely to unlikely or back"
    assert flipped(said | {"b": likely(chance(happened(0, 10)))}) == ["b"]
    assert TOO_FEW.startswith("too few runs to be sure")


def test_assumptions_that_flip_an_answer_are_named(table):
    one = costed.one_run(1)
    assert table["not known"].answer.startswith("not examined")
    none = answers(one, None, FEW_DEATHS, flips=())["not known"]
    assert none.answer == "no assumed parameter examined flips an answer"
    some = answers(one, None, FEW_DEATHS, flips=["behaviour.leakage.at_start"])["not known"]
    assert some.answer.endswith("flip an answer: behaviour.leakage.at_start")


def test_chances_are_written_with_their_interval():
    assert Chance(18, 20, 0.74, 0.97).words == "90% (74% to 97%; 18 of 20 runs)"
    assert Chance(1, 1, 0.23, 1).words.endswith("1 of 1 run)")
