"""What a study may vary: support, care and lighter confinement, and never how people are forced."""

from __future__ import annotations

import re

import pytest
from own_command import lazaretto
from twin_policies import refused, write_policies

from lazaretto.measures import known_measures
from lazaretto.measures.isolation import Holding
from lazaretto.scenario.reading import fields_of
from lazaretto.studies.levers import (
    CONDITION_WORDS,
    LIGHTER,
    WITHOUT_CONFINING,
    is_condition,
    levers,
)


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_policies(tmp_path_factory.mktemp("town"))


CONDITIONS = (
    "behaviour.enforcement",
    "behaviour.enforcement_effect",
    "behaviour.breakouts.enforcement_effect",
    "behaviour.breakouts.repression",
    "behaviour.breakouts.repression_half_life",
    "behaviour.messages.deletion",
    "behaviour.messages.social.deleted",
    "behaviour.messages.social.deleted.value",
    "behaviour.messages.fast_delay",
    "behaviour.messages.slow_delay",
    "behaviour.messages.fast_share",
    "behaviour.messages.reuploads",
    "behaviour.messages.forward_limit",
    "behaviour",
    "behaviour.breakouts",
    "behaviour.messages",
    "behaviour.messages.messaging",
)


@pytest.mark.parametrize("key", CONDITIONS)
def test_no_study_searches_over_enforcement_or_deletion(town, key):
    assert is_condition(key)
    for words in (("--flip", key), ("--set-other", f"{key}=1")):
        said = refused(town / "twin.yaml", *words)
        assert "conditions of the society under study, not levers" in " ".join(said.split())


def test_other_keys_are_no_conditions():
    for key in ("r0", "measures.seal.tier", "resources.labs", "behaviour.fatigue",
                "behaviour.fatigue.effect", "behaviour.hardship.deliveries",
                "behaviour.trust.information", "contacts.building.rate"):  # fmt: skip
        assert not is_condition(key), key


def test_no_measure_has_a_handle_on_conditions():
    for word, kind in known_measures().items():
        assert not is_condition(word)
        for key in fields_of(kind):
            assert not is_condition(key), f"{word}.{key}"
            assert not CONDITION_WORDS.search(key)


def test_levers_are_measures_of_support_and_care_and_lighter_confinement():
    known = known_measures()
    assert len(set(levers())) == len(levers())
    for lever in levers():
        word, _, key = lever.partition(".")
        assert word in known
        assert not key or key in fields_of(known[word])
        assert not is_condition(lever)
        assert not lever.startswith("behaviour")
    assert {"food_delivery", "income_support", "official_information", "screening"} <= set(levers())
    assert not set(LIGHTER) & set(levers())  # of confinement only keys, to lighter
    # Every measure is of one of the two kinds; what holds people or closes places is of the second.
    assert set(known) == set(WITHOUT_CONFINING) | set(LIGHTER)
    assert not set(WITHOUT_CONFINING) & set(LIGHTER)
    for word in WITHOUT_CONFINING:
        assert not issubclass(known[word], Holding), word
        # A doctor may move a person: to hospital.
        assert not known[word].moves_persons or known[word].gives_care, word
    for word in ("isolation", "quarantine", "closed_loop", "lockdown", "zones", "close_schools"):
        assert word in LIGHTER
    assert {"least_days", "longest_days", "with_parent"} <= set(LIGHTER["isolation"])
    assert {"days", "with_parent"} <= set(LIGHTER["quarantine"])
    assert "share" in LIGHTER["closed_loop"]


def test_every_option_of_compare_is_known_to_be_no_lever_on_conditions():
    shown = lazaretto("compare", "--help").stdout
    options = set(re.findall(r"--[a-z-]+", shown))
    assert options == {
        "--without", "--set-other", "--with", "--set", "--structures", "--flip", "--seed",
        "--replicates", "--threads", "--out", "--report", "--no-report", "--json", "--help",
    }  # fmt: skip
