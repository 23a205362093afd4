"""The queue of the control room: fair, and whatever becomes of a worker, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time

import pytest
from starlette.testclient import TestClient

from lazaretto.scenario import Scenario
from lazaretto.studies import run_scenario
from lazaretto.web import queue as queues
from lazaretto.web.app import application
from lazaretto.web.guarding import Door
from lazaretto.web.jobs import ENDED, Job, Journal, Part, page_of
from lazaretto.web.queue import MOST_TRIES, FullError, Queue
from lazaretto.web.room import Room

OURS = {"X-Lazaretto": "1"}
SCENARIO = Scenario.load("chongming-example").resolved()


class Flag:
    value = 0


class Actor:
    """Plays a worker: does each job in a moment, or dies of those called deadly."""

    done: list[str] = []  # noqa: RUF012 - emptied for each test
    hold: asyncio.Event | None = None

    def __init__(self, runs, pages):
        self.stop = Flag()
        self.process = self
        self._job = None
        self._alive = True

    def is_alive(self):
        return self._alive

    def order(self, job):
        self.stop.value = 0
        self._job = job

    async def said(self):
        if self._job is None:
            return {"ready": 1}
        if Actor.hold is not None:
            while not (Actor.hold.is_set() or self.stop.value):
                await asyncio.sleep(0.005)
        if not self._alive or "deadly" in self._job.title:
            self._alive = False
            raise EOFError
        if self.stop.value:
            return {"end": "stopped", "problems": ["Stopped"]}
        Actor.done.append(self._job.title)
        return {"end": "done", "run": "somewhere"}

    def end(self):
        self._alive = False
        self.stop.value = 1


@pytest.fixture
def played(monkeypatch):
    monkeypatch.setattr(queues, "Worker", Actor)
    monkeypatch.setattr(queues, "GRACE", 0.05)
    monkeypatch.setattr(Actor, "done", [])
    monkeypatch.setattr(Actor, "hold", None)


def job(name, owner="me", asked=""):
    return Job(name, owner, "run", name, [Part(SCENARIO)], [], asked=asked or name)


async def ended(queue, *names):
    for _ in range(500):
        if all(queue.jobs[name].state in ENDED for name in names):
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def test_who_was_served_longest_ago_is_next(played, tmp_path):
    async def play():
        queue = Queue(Journal(tmp_path), tmp_path)
        for i in range(6):
            await queue.ask(job(f"a{i}", "greedy", f"0{i}"))
        await queue.ask(job("b0", "second", "10"))
        await queue.ask(job("c0", "third", "11"))
        await queue.ask(job("b1", "second", "12"))
        await queue.open()
        await ended(queue, "a5", "b1", "c0")
        await queue.close()

    asyncio.run(play())
    assert Actor.done == ["a0", "b0", "c0", "a1", "b1", "a2", "a3", "a4", "a5"]


def test_a_worker_that_dies_takes_nobody_elses_job_with_it(played, tmp_path):
    async def play():
        queue = Queue(Journal(tmp_path), tmp_path)
        await queue.open()
        for name in ("deadly", "one", "two"):
            await queue.ask(job(name, name))
        await ended(queue, "deadly", "one", "two")
        await queue.close()
        return queue.jobs

    jobs = asyncio.run(play())
    assert jobs["deadly"].state == "failed"
    assert jobs["deadly"].tries == MOST_TRIES
    assert "Nothing else was touched" in jobs["deadly"].problems[0]
    assert [jobs[name].state for name in ("one", "two")] == ["done", "done"]


def test_a_job_that_will_not_stop_is_ended_with_its_worker(played, tmp_path, monkeypatch):
    class Deaf(Actor):
        async def said(self):
            if self._job is None:
                return {"ready": 1}
            if "deaf" in self._job.title:
                while self._alive:
                    await asyncio.sleep(0.01)
                raise EOFError
            return await super().said()

    async def play():
        monkeypatch.setattr(queues, "Worker", Deaf)
        queue = Queue(Journal(tmp_path), tmp_path)
        await queue.open()
        await queue.ask(job("deaf"))
        await queue.ask(job("next"))
        await asyncio.sleep(0.05)
        await queue.stop(queue.jobs["deaf"])
        await ended(queue, "deaf", "next")
        await queue.close()
        return queue.jobs

    jobs = asyncio.run(play())
    assert jobs["deaf"].state == "stopped"
    assert jobs["next"].state == "done"


def test_a_room_that_is_opened_again_goes_on_with_what_was_waiting(played, tmp_path):
    async def first():
        Actor.hold = asyncio.Event()
        queue = Queue(Journal(tmp_path), tmp_path)
        await queue.open()
        for name in ("x", "y", "z"):
            await queue.ask(job(name))
        await asyncio.sleep(0.05)
        assert queue.jobs["x"].state == "running"
        await queue.close()

    async def second():
        Actor.hold = None
        queue = Queue(Journal(tmp_path), tmp_path)
        await queue.open()
        await ended(queue, "x", "y", "z")
        await queue.close()

    asyncio.run(first())
    asyncio.run(second())
    assert Actor.done == ["x", "y", "z"]


def test_who_comes_anew_waits_behind_who_waits_already(played, tmp_path):
    async def play():
        queue = Queue(Journal(tmp_path), tmp_path)
        await queue.open()
        await queue.ask(job("first", "honest"))
        await ended(queue, "first")
        Actor.hold = asyncio.Event()
        for i in range(3):
            await queue.ask(job(f"h{i}", "honest", f"0{i}"))
        await asyncio.sleep(0.02)
        for i in range(5):
            await queue.ask(job(f"n{i}", f"new{i}", f"1{i}"))
        Actor.hold.set()
        await ended(queue, "h2", "n4")
        await queue.close()

    asyncio.run(play())
    order = Actor.done[2:]
    assert order.index("h1") < order.index("n4")
    assert order[-1] == "h2"  # whoever has more waits for those who have one


def test_who_waits_is_told_the_place_that_comes(played, tmp_path):
    async def play():
        queue, rng = Queue(Journal(tmp_path), tmp_path, most_each=50), random.Random(1)
        for i in range(40):
            queue._turn = rng.randrange(queue._turn, queue._turn + 3)
            await queue.ask(job(f"{i:02}", f"owner {rng.randrange(6)}"))
        told = {each.id: queue.before(each) for each in queue.jobs.values()}
        came = []
        while queue._in_turn():
            came.append(await queue._next())
            came[-1].state = "done"
        return [told[each.id] for each in came]

    assert asyncio.run(play()) == list(range(40))


def test_a_process_that_cannot_be_started_neither_spins_nor_blocks(played, tmp_path, monkeypatch):
    class Absent(Actor):
        tried = 0

        def __init__(self, runs, pages):
            Absent.tried += 1
            if Absent.tried < 6:
                raise OSError(11, "Resource temporarily unavailable")
            super().__init__(runs, pages)

    async def play():
        monkeypatch.setattr(queues, "Worker", Absent)
        monkeypatch.setattr(queues, "PAUSE", 0.01)
        queue = Queue(Journal(tmp_path), tmp_path)
        await queue.open()
        for name in ("one", "two", "three"):
            await queue.ask(job(name))
        await ended(queue, "one", "two", "three")
        await queue.close()
        return queue.jobs

    jobs = asyncio.run(play())
    assert jobs["one"].state == "failed"
    assert sorted(jobs[name].state for name in ("two", "three")) == ["done", "failed"]
    assert Absent.tried < 10


def test_a_stop_while_a_worker_is_replaced_is_not_lost(played, tmp_path, monkeypatch):
    async def play():
        monkeypatch.setattr(queues, "PAUSE", 0.1)
        queue = Queue(Journal(tmp_path), tmp_path)
        await queue.open()
        await queue.ask(job("deadly"))
        await asyncio.sleep(0.05)  # its worker is dead, it waits for another
        await queue.stop(queue.jobs["deadly"])
        await ended(queue, "deadly")
        await queue.close()
        return queue.jobs["deadly"]

    assert asyncio.run(play()).state == "stopped"


@pytest.mark.parametrize(
    ("key", "value"),
    [("tries", "x"), ("owner", [1]), ("asked", None), ("state", "dancing"), ("parts", [{}]),
     ("parts", []), ("id", "another"), ("share", "half"), ("kind", "delete")],
)  # fmt: skip
def test_a_damaged_job_stops_nobody(played, tmp_path, key, value):
    journal = Journal(tmp_path)
    for name in ("sound", "spoiled"):
        journal.keep(job(name))
    path = tmp_path / "spoiled.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))

    async def play():
        queue = Queue(Journal(tmp_path), tmp_path)
        assert set(queue.jobs) == {"sound"}
        await queue.open()
        await ended(queue, "sound")
        await queue.close()

    asyncio.run(play())
    assert path.exists()


def test_a_full_queue_says_so(played, tmp_path):
    async def play():
        queue = Queue(Journal(tmp_path), tmp_path, most_each=2, most=3)
        await queue.ask(job("1"))
        await queue.ask(job("2"))
        with pytest.raises(FullError, match="You have 2"):
            await queue.ask(job("3"))
        await queue.ask(job("4", "other"))
        with pytest.raises(FullError, match="3 jobs are waiting"):
            await queue.ask(job("5", "third"))

    asyncio.run(play())


def test_what_ended_long_ago_is_forgotten_and_its_run_stays(played, tmp_path):
    journal, run = Journal(tmp_path / "jobs"), tmp_path / "run"
    run.mkdir()
    for name, when in (("old", "2022-04-01T00:00:00+00:00"), ("waiting", ""), ("new", "")):
        each = job(name)
        if name != "waiting":
            each.end("done")
            each.ended, each.run = when or each.ended, str(run)
        journal.keep(each)
        page_of(name, journal.folder).write_bytes(b"page")

    async def play(keep_days):
        queue = Queue(journal, tmp_path, keep_days=keep_days)
        await queue.open()
        await ended(queue, *queue.jobs)
        await queue.close()
        return set(queue.jobs)

    assert asyncio.run(play(None)) == {"old", "waiting", "new"}
    assert asyncio.run(play(30)) == {"waiting", "new"}
    assert not list(journal.folder.glob("old*"))
    assert len(list(journal.folder.glob("new*"))) == 2
    assert run.is_dir()


# ---- with real workers ---------------------------------------------------------------------


def until(browser, name, states, seconds=240):
    for _ in range(seconds * 5):
        said = browser.get(f"/jobs/{name}?live=1").json()
        if said["state"] in states:
            return said
        time.sleep(0.2)
    raise TimeoutError(said)


def short(**levers):
    return {"scenario": "chongming-example", "end": "2022-04-05", "beside": "no", **levers}


def asked(browser, **levers):
    answer = browser.post("/jobs", headers=OURS, data=short(**levers))
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


@pytest.mark.slow
def test_a_run_by_browser_is_the_run_by_command_line_and_outlives_its_worker(tmp_path):
    room = Room(tmp_path / "runs")
    with TestClient(application(room, Door()), base_url="http://localhost") as browser:
        name = asked(browser, seed="5", food="60")
        until(browser, name, ["running"])
        (worker,) = room.queue._workers
        os.kill(worker.process.pid, signal.SIGKILL)
        said = until(browser, name, ENDED)
        assert said["state"] == "done", said
        made = room.queue.jobs[name]
        assert made.tries == 2
        shown = browser.get(f"/jobs/{name}/shown").json()
        tables = browser.get(f"/runs/{name}/tables").text
        report = browser.get(f"/jobs/{name}/files/report.html")
        figures = browser.get(f"/jobs/{name}/files/figures.zip")
        for each in ("/jobs/{}/files/trajectories.nc", "/runs/{}"):
            assert browser.get(each.format(name)).status_code == 200
    assert "sandbox" in report.headers["content-security-policy"]
    assert figures.content[:2] == b"PK"
    assert {"virus-and-policy-0", "reported-cases"} <= {each["name"] for each in shown["figures"]}
    assert "food-insecure days" in tables
    assert "Siracusa" in tables
    scenario = made.parts[0].read()
    again = run_scenario(scenario, seed=5, out=room.folder)
    assert again.found
    alone = run_scenario(scenario, seed=5)
    assert alone.summary["series_sha256"] == again.summary["series_sha256"]


@pytest.mark.slow
def test_policies_side_by_side_and_a_stop_between_days(tmp_path):
    room = Room(tmp_path / "runs")
    with TestClient(application(room, Door()), base_url="http://localhost") as browser:
        ids = [asked(browser), asked(browser, tier="open", name="no order")]
        long = asked(browser, end="2022-08-31", replicates="100")
        until(browser, long, ["running"])
        seen = {}
        for _ in range(600):
            seen = browser.get(f"/jobs/{long}?live=1").json()
            if seen.get("live"):
                break
            time.sleep(0.05)
        run = seen["live"][0]
        assert len(run["reported"]) == len(run["sealed"]) > 0
        browser.post(f"/jobs/{long}/stop", headers=OURS)
        assert until(browser, long, ENDED)["state"] == "stopped"
        name = browser.post("/compare", headers=OURS, data={"job": ids}).json()["id"]
        assert until(browser, name, ENDED)["state"] == "done"
        shown = browser.get(f"/jobs/{name}/shown").json()
        page = browser.get(f"/runs/{name}/tables").text
        assert browser.get(f"/jobs/{name}/files/compared.html").status_code == 200
    assert len(shown["policies"]) == 2
    assert shown["policies"][1] == "no order"
    assert "Who was spared" in page
