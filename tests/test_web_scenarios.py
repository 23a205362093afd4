"""Scenarios brought to the control room by browser: taken, or refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from quiet_room import OURS, browser_of
from starlette.testclient import TestClient

from lazaretto.web.app import application
from lazaretto.web.guarding import Door
from lazaretto.web.room import Room
from lazaretto.web.taken import Scenarios


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path / "runs")


@pytest.fixture
def browser(room):
    """A browser whose room has no workers: jobs wait."""
    return browser_of(room)


SMALL = """\
place: chongming
disease: omicron-ba2
start: 2022-03-15
end: 2022-03-20
"""


def bring(browser, text):
    data = text if isinstance(text, bytes) else text.encode()
    return browser.post("/bring", headers=OURS, files={"file": ("mine.yaml", data)})


def test_a_scenario_that_is_brought_has_its_page_and_its_link(browser):
    link = bring(browser, SMALL).json()["link"]
    page = browser.get(link)
    assert page.status_code == 200
    assert "Stay-at-home orders" not in page.text
    asked = {"scenario": link.partition("=")[2], "flights": "3"}
    assert browser.post("/check", headers=OURS, data=asked).json()["ok"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (SMALL.replace("chongming", "/etc"), "place"),
        (SMALL.replace("chongming", "../../secret.csv"), "place"),
        (SMALL + "measures: [{measure: 'os:system'}]", "code"),
        (SMALL + "measures: [{measure: 'evil.py:Evil'}]", "code"),
        (SMALL + "contacts: {community: {by_age: /etc/passwd.csv}}", "by_age"),
        (
            SMALL
            + "x: [&a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], "
            + ", ".join(
                f"&{b} [{', '.join([f'*{a}'] * 10)}]"
                for a, b in zip("abcdefg", "bcdefgh", strict=True)
            )
            + "]",
            "values",
        ),
        (SMALL + "r0: [1, 2", "YAML"),
        ("just words", "mapping"),
        (b"\xff\xfe\x00place", "UTF-8"),
        (SMALL + "# " + "z" * 250_000, "bytes"),
        (SMALL.replace("end: 2022-03-20", "end: never"), "end"),
        (SMALL.replace("end: 2022-03-20", "end: 2022-02-31"), "day is out of range"),
        ("[" * 10_000, "YAML"),
        (SMALL + "measures: [{measure: lockdown, tier: shut}]", "tier"),
    ],
)
def test_a_file_that_is_refused_says_why_and_leaves_nothing(room, browser, text, word):
    answer = bring(browser, text)
    assert answer.status_code == 422
    assert word in answer.text
    kept = room.folder / "room" / "scenarios"
    assert not kept.exists() or not list(kept.iterdir())


@pytest.mark.parametrize(
    "change",
    ["place=/etc", "measures.0.measure=os:system", "posterior.draws=/etc/passwd",
     "contacts.community.by_age=../x.csv"],
)  # fmt: skip
def test_a_change_names_no_file_and_no_code(browser, change):
    asked = {"scenario": "shanghai-2022", "set": change}
    answer = browser.post("/check", headers=OURS, data=asked)
    assert answer.status_code == 422
    assert "by browser" in answer.text


def test_a_scenario_of_the_owner_may_name_files(tmp_path):
    own = tmp_path / "mine.yaml"
    own.write_text(SMALL.replace("chongming", "./town") + "r0: 3\n")
    scenarios = Scenarios(tmp_path / "kept", (own,))
    base = scenarios.load("mine")
    assert base.place == "./town"
    assert "mine" in scenarios.titles


def test_a_nation_is_refused_where_it_is_too_large(browser):
    assert "china-exit-2022" not in browser.get("/").text
    asked = {"scenario": "shanghai-2022", "set": "place=beijing"}
    small = TestClient(application(Room(Path(browser.app.state.room.folder), largest=1_000_000),
                                   Door()), base_url="http://localhost")  # fmt: skip
    answer = small.post("/check", headers=OURS, data=asked | {"scenario": "chongming-example"})
    assert answer.status_code == 422
    assert "--largest" in answer.text
