"""The control room under load: 50 clients, 20 runs, a worker that is killed, a disk that fills.

A real server on this machine and real clients. Nothing is lost, what went wrong is said in plain
words, and every run ends with the bits that `run_scenario` makes of the same scenario.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import xarray as xr
from own_disk import enlarge, small_disk
from own_place import write_place, write_scenario

from lazaretto.scenario import Scenario
from lazaretto.studies import run_scenario
from lazaretto.studies.run import RunOutcome
from lazaretto.web.jobs import ENDED, Journal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for the worker in /proc"),
]

CLIENTS = 50

LONGEST = 10.0
"""Seconds after which an answer that has not come counts as never."""

PATIENCE = 1_800.0
"""Seconds after which jobs that have not ended count as lost."""

COMMAND = "from lazaretto.cli import main; main()"

LONG = {"scenario": "twin-banks", "seed": "100", "replicates": "12"}
"""A run that is long enough to be met in its middle."""

PEOPLE = {
    "greedy": [LONG, *({"scenario": "twin-banks", "seed": str(i)} for i in range(1, 12))],
    "modest": [{"scenario": "twin-banks", "seed": str(i), "r0": "2.5"} for i in range(1, 5)],
    "the same": [{"scenario": "twin-banks", "seed": str(i)} for i in range(1, 5)],
}
"""Who asks for what: 20 runs, of one person more than may wait at a time."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    write_place(folder / "twin")
    return write_scenario(folder, end="2022-03-31")


class Client:
    """One browser: its cookies, and how long it waited for each answer."""

    def __init__(self, address: str) -> None:
        self._http = httpx2.Client(base_url=address, headers={"X-Lazaretto": "1"}, trust_env=False,
                                   timeout=3 * LONGEST)  # fmt: skip
        self.waited: list[tuple[float, str]] = []
        self.codes: Counter[int] = Counter()

    def get(self, path: str) -> httpx2.Response:
        return self.ask("GET", path)

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        began = time.perf_counter()
        answer = self._http.request(method, path, **more)
        self.waited.append(
            (time.perf_counter() - began, f"{method} {re.sub('[0-9a-f]{32}', '*', path)}")
        )
        self.codes[answer.status_code] += 1
        assert "Traceback" not in answer.text
        return answer

    def state(self, job: str) -> dict[str, Any]:
        said: dict[str, Any] = self.get(f"/jobs/{job}?live=1").json()
        return said

    def asks_for(self, fields: dict[str, str]) -> str:
        """Ask for a run, again and again while it is refused; return its name."""
        while True:
            answer = self.ask("POST", "/jobs", data=fields)
            if answer.status_code == 202:
                return str(answer.json()["id"])
            assert answer.status_code == 429, answer.text
            assert "wait for one, or stop one" in answer.text
            time.sleep(1)

    def browse(self, rng: random.Random, jobs: list[str]) -> None:
        """Look at something, as people do."""
        job = rng.choice(jobs or ["nothing"])
        path = rng.choice((
            "/", "/?scenario=twin-banks&r0=4&set=reporting.confirmed_share%3D0.1", "/history",
            f"/runs/{job}", f"/runs/{job}/tables", f"/jobs/{job}/shown", f"/jobs/{job}/live-figure",
            "/static/room.js", *(f"/jobs/{job}?live=1",) * 6,
        ))  # fmt: skip
        if rng.random() < 0.1:
            self.ask("POST", "/check", data={"scenario": "twin-banks", "r0": "3.5"})
        else:
            self.get(path)


@contextmanager
def opened(scenario: Path, folder: Path) -> Iterator[tuple[str, int]]:
    """Open a room in a process of its own; give its address and the number of the process.

    However the test ends, the room and its workers end with it; they have printed no traceback.
    """
    log = scenario.parent / "log"
    words = [sys.executable, "-c", COMMAND, "serve", str(scenario), "--port", "0",
             "--out", str(folder)]  # fmt: skip
    with log.open("w") as errors, subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found, log.read_text()
            yield found[0], server.pid
            server.send_signal(signal.SIGINT)
            server.wait(60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
    assert "Traceback" not in log.read_text()


def worker_of(server: int) -> int:
    """Return the number of the process that works for a room."""
    for task in Path(f"/proc/{server}/task").iterdir():
        for child in (task / "children").read_text().split():
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    raise ProcessLookupError


def until_in_its_middle(client: Client, job: str) -> None:
    """Wait until a run has simulated some of its days."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        said = client.state(job)
        assert said["state"] not in ENDED, said
        if said.get("live"):
            return
        time.sleep(0.05)
    raise TimeoutError(said)


def ended(client: Client, jobs: list[str]) -> dict[str, dict[str, Any]]:
    """Wait until jobs have ended; return what is said of each."""
    until = time.monotonic() + PATIENCE
    said: dict[str, dict[str, Any]] = {}
    while time.monotonic() < until:
        said |= {job: client.state(job) for job in jobs if job not in said}
        said = {job: each for job, each in said.items() if each["state"] in ENDED}
        if len(said) == len(jobs):
            return said
        time.sleep(0.5)
    raise TimeoutError(said)


def alone(town: Path, fields: dict[str, str]) -> RunOutcome:
    """Return the run that is asked for, made without a room."""
    scenario = Scenario.load(town, [f"r0={fields['r0']}"] if "r0" in fields else [])
    return run_scenario(scenario, seed=int(fields["seed"]),
                        replicates=int(fields.get("replicates", "1")), threads=1)  # fmt: skip


def is_whole(client: Client, job: str, wanted: RunOutcome) -> None:
    """Look whether a job has all its results, and whether they are those that are wanted."""
    for name in ("report.html", "figures.zip", "scenario.yaml"):
        assert client.get(f"/jobs/{job}/files/{name}").status_code == 200
    assert client.get(f"/jobs/{job}/shown").json()["kind"] == "run"
    manifest = client.get(f"/jobs/{job}/files/manifest.json").json()
    assert manifest["summary"]["series_sha256"] == wanted.summary["series_sha256"]
    data = io.BytesIO(client.get(f"/jobs/{job}/files/trajectories.nc").content)
    made = xr.load_dataset(data, engine="h5netcdf")
    assert made["infections"].equals(wanted.results["infections"])


def none_waited_long(clients: list[Client], *allowed: int) -> None:
    """Assert that no answer was an error of the room, or too late; print what they took."""
    waited = sorted(each for client in clients for each in client.waited)
    codes = sum((client.codes for client in clients), Counter())
    half, most = waited[len(waited) // 2][0], waited[len(waited) * 95 // 100][0]
    print(f"\n{len(waited)} answers {dict(codes)}: p50 {half:.3f} s, p95 {most:.3f} s, "
          f"max {waited[-1][0]:.3f} s ({waited[-1][1]})")  # fmt: skip
    assert not {code for code in codes if code >= 500 and code not in allowed}
    assert waited[-1][0] < LONGEST


def test_fifty_clients_twenty_runs_and_a_killed_worker(town: Path, tmp_path: Path):
    with opened(town, tmp_path / "runs") as (address, server):
        Client(address).get("/")
        clients = [Client(address) for _ in range(CLIENTS)]
        jobs: dict[str, tuple[str, dict[str, str]]] = {}
        over, wrong = threading.Event(), []

        def live(client: Client, person: str) -> None:
            rng = random.Random(person)
            try:
                for fields in PEOPLE.get(person, []):
                    jobs[client.asks_for(fields)] = (person, fields)
                while not over.wait(rng.uniform(0.5, 1.5)):
                    client.browse(rng, list(jobs))
            except Exception as error:
                wrong.append(f"{person}: {error!r}")

        names = [*PEOPLE, *(f"client {i}" for i in range(CLIENTS - len(PEOPLE)))]
        threads = [threading.Thread(target=live, args=each, daemon=True)
                   for each in zip(clients, names, strict=True)]  # fmt: skip
        for each in threads:
            each.start()
        watcher = Client(address)
        try:
            until = time.monotonic() + PATIENCE
            while not (long := [job for job, (_, asked) in list(jobs.items()) if asked is LONG]):
                assert time.monotonic() < until, wrong
                time.sleep(0.05)
            until_in_its_middle(watcher, long[0])
            os.kill(worker_of(server), signal.SIGKILL)
            while len(jobs) < 20 and time.monotonic() < until:
                assert not wrong
                time.sleep(1)
            said = ended(watcher, list(jobs))
        finally:
            over.set()
            for each in threads:
                each.join(3 * LONGEST)
        assert not wrong
        assert len(jobs) == 20
        assert {each["state"] for each in said.values()} == {"done"}, said
        assert clients[0].codes[429] > 0, "who asked for too much was refused, and asked again"
        assert sum(client.codes[202] for client in clients) == 20
        for job, (_, fields) in jobs.items():
            is_whole(watcher, job, alone(town, fields))
    kept = {job.id: job for job in Journal(tmp_path / "runs" / "room" / "jobs").read()}
    assert set(kept) == set(jobs)
    assert {job: each.tries for job, each in kept.items()} == dict.fromkeys(jobs, 1) | {long[0]: 2}
    last = {person: max(kept[job].ended for job in jobs if jobs[job][0] == person)
            for person in PEOPLE}  # fmt: skip
    assert max(last, key=lambda person: last[person]) == "greedy"
    none_waited_long([*clients, watcher])


def fill(disk: Path) -> None:
    """Leave no room on a disk."""
    with contextlib.suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4_096))


def test_a_disk_that_fills_during_a_run_is_told_and_nothing_is_lost(town: Path, tmp_path: Path):
    before, after = {"scenario": "twin-banks", "seed": "1"}, {"scenario": "twin-banks", "seed": "2"}
    with small_disk(tmp_path / "disk", "size=32m") as disk:
        with opened(town, disk / "runs") as (address, _):
            client = Client(address)
            first = client.asks_for(before)
            assert ended(client, [first])[first]["state"] == "done"
            second = client.asks_for(LONG)
            until_in_its_middle(client, second)
            fill(disk)
            said = ended(client, [second])[second]
            assert said["state"] == "failed"
            assert (
                "No space left on device" in said["problems"][0]
                or "room on the disk" in said["problems"][0]  # where a mapped page has no room
            )
            refused = client.ask("POST", "/jobs", data=after)
            assert refused.status_code == 507
            assert "make room on the disk" in refused.json()["problems"][0]["advice"]
            for path in ("/", "/history", f"/runs/{second}"):
                assert client.get(path).status_code == 200
            is_whole(client, first, alone(town, before))
            enlarge(disk, "200m")
            again, third = client.asks_for(LONG), client.asks_for(after)
            assert {each["state"] for each in ended(client, [again, third]).values()} == {"done"}
            for job, fields in ((first, before), (again, LONG), (third, after)):
                is_whole(client, job, alone(town, fields))
            none_waited_long([client], 507)
        kept = {job.id for job in Journal(disk / "runs" / "room" / "jobs").read()}
        assert kept == {first, second, again, third}
