"""What holds for every measure of containment, and that the page says each as it is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from two_districts import COMPOUND_OF, eight_buildings, no_orders, ordered

from lazaretto.measures import (
    Antivirals,
    ClosedLoop,
    ContactTracing,
    HealthCare,
    Measure,
    Orders,
    Screening,
    SymptomaticTesting,
    VaccinationCampaign,
    Zones,
    build_measures,
    known_measures,
)
from lazaretto.measures.sampling import Sampling
from lazaretto.measures.stocks import UNITS
from lazaretto.scenario import MeasureEntry


@pytest.fixture
def places():
    return eight_buildings()


@pytest.fixture
def orders(places):
    return no_orders(places)


def nothing_ordered(orders):
    fresh = Orders(orders.places, orders.detectable, orders.stocks)
    fresh.reset(0)
    arrays = ("tier", "contacts", "essential", "closed_loop", "queueing", "amount")
    same = all(np.array_equal(getattr(orders, a), getattr(fresh, a)) for a in arrays)
    return same and not any(vars(orders.rules).values())


# Every measure


# Every measure


LIKELY = {
    "screening": {"participation": 0.9},
    "symptomatic_testing": {"share": 0.5, "delay_days": 2},
    "contact_tracing": {},
    "isolation": {},
    "quarantine": {"days": 14},
    "zones": {"rule": "7+7"},
    "closed_loop": {"share": 0.3},
    "vaccination_campaign": {"doses": "doses", "dose": 1, "ages": ["60+"], "uptake": [0.9]},
    "antivirals": {"share": 0.5},
    "health_care": {"ward": "hall", "worse": 2},
}
NULL = [
    Screening(participation=0),
    Screening(participation=1, rounds=["2022-05-01"]),
    Screening(participation=1, tiers=["sealed"]),
    SymptomaticTesting(share=0, delay_days=1),
    ContactTracing(household=0),
    Zones(sealed_days=0, monitored_days=0, otherwise="open"),
    Zones(rule="2+12"),
    ClosedLoop(share=0),
    VaccinationCampaign(doses="doses", dose=1, ages=["60+"], uptake=[0]),
    Antivirals(share=0),
    Antivirals(share=1, efficacy=0),
    HealthCare(worse=5),
]


@pytest.mark.parametrize("measure", NULL, ids=str)
def test_a_null_measure_orders_nothing(measure, places, orders):
    assert nothing_ordered(ordered(measure, places, orders))


@pytest.mark.parametrize("word", LIKELY)
def test_a_measure_is_built_from_its_word_and_orders_only_in_its_dates(word, places, orders):
    entry = {"measure": word, **LIKELY[word], "from": "2022-04-12", "to": "2022-04-12"}
    (measure,), problems = build_measures([MeasureEntry.model_validate(entry)])
    assert not problems
    for day in (0, 2):
        ordered(measure, places, orders, day)
    assert nothing_ordered(orders)
    ordered(measure, places, orders, 1)
    assert not nothing_ordered(orders)


@pytest.mark.parametrize("word", LIKELY)
def test_a_measure_acts_in_its_areas_only(word, places, orders):
    ordered(known_measures()[word](**LIKELY[word], areas=["South"]), places, orders)
    assert not orders.tier[COMPOUND_OF < 3].any()
    assert orders.closed_loop[0] == 0
    for rules in vars(orders.rules).values():
        for rule in rules:
            if isinstance(rule, tuple):
                assert rule[0].tolist() == [False, True]
            else:
                assert rule.compounds.tolist() == [False, False, False, True]


@pytest.mark.parametrize("word", LIKELY)
def test_a_measure_acts_where_its_trigger_is_on(word, places, orders):
    when = {"level": "district", "on": {"cases": {"number": 1}}}
    measure = known_measures()[word](**LIKELY[word], when=when)
    ordered(measure, places, orders, active=np.array([0, 0], np.int16))
    assert not orders.rules.rounds
    assert not orders.tier.any()
    assert not orders.closed_loop.any()
    assert not any(rule[0].any() for rule in paired(orders))
    ordered(measure, places, orders, active=np.array([0, 3], np.int16))
    assert not orders.tier[COMPOUND_OF < 3].any()
    assert [rule[0].tolist() for rule in paired(orders)] in ([], [[False, True]])
    assert not nothing_ordered(orders)


def paired(orders):
    return [rule for rules in vars(orders.rules).values() for rule in rules
            if isinstance(rule, tuple)]  # fmt: skip


@pytest.mark.parametrize("word", sorted(known_measures()))
def test_a_measure_says_where_it_acts_and_what_it_takes(word):
    kind = known_measures()[word]
    assert kind.acts_on in ("districts", "compounds")
    assert set(kind.takes) <= set(kind.model_fields)
    assert set(kind.takes.values()) <= set(UNITS)
    stocks = {
        name
        for name, field in kind.model_fields.items()
        if re.match(r"Stocks? of|Stock that|Name of the stock", field.description or "")
    }
    assert stocks == set(kind.takes) | ({kind.opens} - {""})


def test_measures_that_sample_or_trace_say_that_they_find_the_infected():
    finding = {word for word, kind in known_measures().items() if kind.finds_infected}
    assert finding == {
        "screening", "symptomatic_testing", "contact_tracing", "isolation", "quarantine",
    }  # fmt: skip


# The page that describes them


def described():
    """Return (parameter, default) as the page says, by measure."""
    text = (Path(__file__).parent.parent / "docs" / "measures.md").read_text("utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    row = re.compile(r"^\| `(\w+)` \| ([^|]+) \|", re.MULTILINE)
    return {part.split("\n")[0]: dict(row.findall(part)) for part in sections}, sections


def as_said(field):
    """Return the default of a field as the page says it, None where the page may use words."""
    if field.is_required():
        return "required"
    if field.default is None or field.default == []:
        return None
    return str(field.default).lower() if isinstance(field.default, bool) else f"{field.default}"


@pytest.mark.parametrize("word", sorted(known_measures()))
def test_the_page_names_every_parameter_with_its_default(word):
    kind, pages = known_measures()[word], described()[0]
    said = dict(pages[word])
    if issubclass(kind, Sampling):
        said |= pages["Samples"]
    common = set(Measure.model_fields)
    fields = {name: field for name, field in kind.model_fields.items() if name not in common}
    assert set(said) == set(fields)
    for name, field in fields.items():
        default = as_said(field)
        if default is not None:
            assert said[name] in (default, default.removesuffix(".0")), name
        else:
            assert (
                said[name] in ("none", "no limit", "at home", "all") or said[name][:3] == "of "
            ), name


@pytest.mark.parametrize("word", sorted(known_measures()))
def test_the_example_of_the_page_is_a_measure(word):
    (section,) = [part for part in described()[1] if part.startswith(f"{word}\n")]
    examples = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    entries = [MeasureEntry.model_validate(e) for text in examples for e in yaml.safe_load(text)]
    measures, problems = build_measures(entries)
    assert not problems
    assert {type(measure) for measure in measures} == {known_measures()[word]}
