"""Jobs of the control room: they wait in turn, are seen and stopped by whose they are, and kept."""

from __future__ import annotations

import pytest
from quiet_room import OURS, browser_of
from starlette.testclient import TestClient

from lazaretto.scenario import Scenario
from lazaretto.studies import run_scenario
from lazaretto.web.app import application
from lazaretto.web.guarding import Door
from lazaretto.web.jobs import Job, Journal, Part
from lazaretto.web.room import Room


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path / "runs")


@pytest.fixture
def browser(room):
    """A browser whose room has no workers: jobs wait."""
    return browser_of(room)


def test_a_job_waits_is_seen_and_is_stopped_by_its_owner_only(browser, room):
    made = browser.post("/jobs", headers=OURS, data={"scenario": "chongming-example", "seed": "4"})
    assert made.status_code == 202
    name = made.json()["id"]
    assert browser.get(f"/jobs/{name}").json()["state"] == "queued"
    assert "Chongming" in browser.get("/history").text
    assert browser.get(f"/runs/{name}").status_code == 200
    other = TestClient(application(room, Door()), base_url="http://localhost")
    assert other.post(f"/jobs/{name}/stop", headers=OURS).status_code == 403
    assert browser.post(f"/jobs/{name}/stop", headers=OURS).json()["ok"]
    assert browser.get(f"/jobs/{name}").json()["state"] == "stopped"


def test_one_person_may_not_fill_the_queue(browser):
    asked = {"scenario": "chongming-example"}
    codes = [browser.post("/jobs", headers=OURS, data=asked).status_code for _ in range(11)]
    assert codes == [202] * 10 + [429]


def test_who_waits_is_told_how_many_come_first_in_turn(browser, room):
    asked = {"scenario": "chongming-example"}
    for _ in range(3):
        browser.post("/jobs", headers=OURS, data=asked)
    other = TestClient(application(room, Door()), base_url="http://localhost")
    name = other.post("/jobs", headers=OURS, data=asked).json()["id"]
    assert other.get(f"/jobs/{name}").json()["before"] == 1


def test_runs_of_the_command_line_are_listed_with_their_reports(browser, room):
    run_scenario(Scenario.load("chongming-example", ["end=2022-03-25"]), out=room.folder)
    (folder,) = room.folder.glob("chongming-example-*")
    (folder / "report.html").write_text("a report")
    assert f"/folders/{folder.name}/report.html" in browser.get("/history").text
    assert browser.get(f"/folders/{folder.name}/report.html").text == "a report"
    assert browser.get("/folders/..%2froom/report.html").status_code == 404


def test_runs_with_other_seeds_are_not_set_side_by_side(browser, room):
    ids = [
        browser.post("/jobs", headers=OURS, data={"scenario": "chongming-example", "seed": seed})
        .json()["id"] for seed in ("1", "2")
    ]  # fmt: skip
    answer = browser.post("/compare", headers=OURS, data={"job": ids})
    assert answer.status_code == 422
    assert "from seed 2" in answer.text
    assert browser.post("/compare", headers=OURS, data={"job": ids[:1]}).status_code == 422


def test_a_job_that_cannot_be_written_is_not_in_the_queue(browser, room, monkeypatch):
    def full(job):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.journal, "keep", full)
    answer = browser.post("/jobs", headers=OURS, data={"scenario": "chongming-example"})
    assert answer.status_code == 507
    assert "No space left" in answer.text
    assert not room.queue.jobs


def test_jobs_are_found_again_and_a_damaged_one_is_passed_over(tmp_path):
    journal = Journal(tmp_path)
    scenario = Scenario.load("chongming-example")
    job = Job(
        "b" * 32, "me", "run", "it", [Part(scenario.resolved())], [("begin", "-7")], asked="1"
    )
    journal.keep(job)
    (tmp_path / "damaged.json").write_text('{"id": "c", "parts"')
    (tmp_path / "other.json").write_text("[]")
    (found,) = journal.read()
    assert found == job
    assert found.parts[0].read().digest() == scenario.digest()
