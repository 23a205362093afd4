"""Who is next: a fair queue of jobs, and the worker processes that do them.

One after another of those who wait is served, however many jobs each has asked for. A worker that
dies takes nothing with it: its job is begun once more, and what the run had kept is gone on with.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any

from lazaretto.web.jobs import ENDED, Job, Journal, page_of
from lazaretto.web.worker import work

MOST_TRIES = 2
"""How often a job is begun whose worker died."""

PAUSE = 0.5
"""Seconds before another worker is started in place of one that died."""

GRACE = 60.0
"""Seconds that a job which is stopped has to end its day, before its worker is ended."""


class FullError(Exception):
    """A queue that takes no more for now."""


class Worker:
    """A process that does one job after another.

    Parameters
    ----------
    runs, pages
        Where run folders lie, and what is shown of jobs.
    """

    def __init__(self, runs: Path, pages: Path) -> None:
        spawn: SpawnContext = multiprocessing.get_context("spawn")
        self.stop = spawn.RawValue("b", 0)  # without a lock, which a killed process could hold
        self._pipe: Connection
        self._pipe, theirs = spawn.Pipe()
        self.process: SpawnProcess = spawn.Process(
            target=work, args=(theirs, self.stop, runs, pages), daemon=True, name="lazaretto-worker"
        )
        self.process.start()
        theirs.close()
        self._ear = ThreadPoolExecutor(1, "lazaretto-ear")

    def order(self, job: Job) -> None:
        """Give it a job."""
        self.stop.value = 0
        self._pipe.send(job)

    async def said(self) -> dict[str, Any]:
        """Return what it says next.

        Raises
        ------
        EOFError
            If it is dead.
        """
        try:
            loop = asyncio.get_running_loop()
            said: dict[str, Any] = await loop.run_in_executor(self._ear, self._pipe.recv)
        except (OSError, TypeError) as error:  # TypeError: closed while it was waited for
            raise EOFError from error
        return said

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.join(5)
        self._ear.shutdown(wait=False)
        with contextlib.suppress(OSError):
            self._pipe.close()


class Queue:
    """The jobs of a control room.

    Parameters
    ----------
    journal
        Where jobs are kept; those not ended are taken up again.
    runs
        Where run folders lie.
    workers
        Processes that work at the same time; each run uses all cores.
    most_each, most
        Jobs that one person, and all together, may have waiting or running.
    keep_days
        Days after which a job that has ended is forgotten; never if None.
    """

    def __init__(
        self, journal: Journal, runs: Path, workers: int = 1, most_each: int = 10, most: int = 200,
        keep_days: int | None = None,
    ) -> None:  # fmt: skip
        self._journal, self._runs, self._keep_days = journal, runs, keep_days
        self._most_each, self._most = most_each, most
        self.jobs: dict[str, Job] = {job.id: job for job in journal.read()}
        self.live: dict[str, dict[int, dict[str, Any]]] = {}
        for job in self.jobs.values():
            if job.state == "running":
                job.state = "queued"
        self._served: dict[str, int] = {}
        self._turn = 0
        self._woken = asyncio.Condition()
        self._workers: list[Worker | None] = [None] * workers
        self._slots: list[asyncio.Task[None]] = []
        self._doing: dict[str, int] = {}
        self._stops: set[str] = set()

    async def open(self) -> None:
        """Start the workers."""
        self.forget_old()
        self._slots = [asyncio.create_task(self._serve(i)) for i in range(len(self._workers))]

    async def close(self) -> None:
        """End the workers; jobs not ended are taken up again by the next room."""
        for slot in self._slots:
            slot.cancel()
        for worker in self._workers:
            if worker is not None:
                worker.end()
        await asyncio.gather(*self._slots, return_exceptions=True)

    def waiting(self, owner: str | None = None) -> list[Job]:
        """Return the jobs that are waiting or running, of one person or of all."""
        return [job for job in self.jobs.values()
                if job.state not in ENDED and owner in (None, job.owner)]  # fmt: skip

    def before(self, job: Job) -> int:
        """Return how many jobs are ahead of one that is waiting, as far as can be told."""
        running = sum(1 for each in self.jobs.values() if each.state == "running")
        waiting: dict[str, list[str]] = {}
        for each in self._in_turn():
            waiting.setdefault(each.owner, []).append(each.id)
        if job.id not in waiting.get(job.owner, []):
            return running
        # Everybody's first job comes before anybody's second: in rounds, each in the same order.
        rounds, turn = waiting[job.owner].index(job.id), list(waiting).index(job.owner)
        return running + sum(
            min(len(jobs), rounds + (i < turn)) for i, jobs in enumerate(waiting.values())
        )

    async def ask(self, job: Job) -> None:
        """Put a job into the queue.

        Raises
        ------
        FullError
            If the person, or all together, have as many as they may.
        OSError
            If it cannot be kept; then it is not in the queue.
        """
        if len(self.waiting(job.owner)) >= self._most_each:
            raise FullError(f"You have {self._most_each} jobs waiting or running, which is the "
                            "most: wait for one, or stop one.")  # fmt: skip
        if len(self.waiting()) >= self._most:
            raise FullError(f"{self._most} jobs are waiting, which is the most: try again later.")
        self._journal.keep(job)
        self._served.setdefault(job.owner, self._turn)
        self.jobs[job.id] = job
        async with self._woken:
            self._woken.notify()

    async def stop(self, job: Job) -> None:
        """Stop a job: at once if it is waiting, after its day if it is running."""
        if job.state == "queued":
            job.end("stopped", ["Stopped before it began."])
            self._keep(job)
            return
        if job.state != "running":
            return
        self._stops.add(job.id)
        job.what = "stopping"
        worker = self._workers[self._doing[job.id]] if job.id in self._doing else None
        if worker is None:
            return  # it is looked at before the job is given to one
        worker.stop.value = 1
        await asyncio.sleep(GRACE)
        if job.state == "running" and worker in self._workers and job.id in self._doing:
            worker.end()

    def forget_old(self) -> None:
        """Forget the jobs that ended longer ago than they are kept; their run folders stay."""
        if self._keep_days is None:
            return
        last = (datetime.now(UTC) - timedelta(days=self._keep_days)).isoformat()
        for job in list(self.jobs.values()):
            if job.state in ENDED and "" < job.ended < last:
                with contextlib.suppress(OSError):  # it is listed until it can be taken away
                    self._journal.forget(job)
                    del self.jobs[job.id]

    async def _serve(self, slot: int) -> None:
        worker: Worker | None = None
        with contextlib.suppress(OSError):
            worker = await self._started(slot)
        while True:
            job = await self._next()
            job.tries += 1
            try:
                if worker is None or not worker.process.is_alive():
                    worker = await self._started(slot)
                self._doing[job.id] = slot
                self._keep(job)
                if job.id in self._stops:
                    job.end("stopped", ["Stopped before it began."])
                else:
                    worker.order(job)
                while job.state == "running":
                    self._hear(job, await worker.said())
            except (EOFError, OSError):
                self._died(job)
                worker = None
                await asyncio.sleep(PAUSE)
            except Exception as error:  # whatever it is, the others must not wait for ever
                job.end("failed", [f"{type(error).__name__}: {error}"])
            finally:
                self._doing.pop(job.id, None)
                if job.state in ENDED:
                    self._stops.discard(job.id)
                    self.live.pop(job.id, None)
                    self._keep(job)
                    self.forget_old()

    async def _started(self, slot: int) -> Worker:
        worker = Worker(self._runs, self._journal.folder)
        self._workers[slot] = worker
        with contextlib.suppress(EOFError):
            await worker.said()
        return worker

    async def _next(self) -> Job:
        async with self._woken:
            while not (waiting := self._in_turn()):
                await self._woken.wait()
            job = waiting[0]
            job.state, job.what, job.share = "running", "starting", 0.0
            self._turn += 1
            self._served[job.owner] = self._turn
            return job

    def _in_turn(self) -> Sequence[Job]:
        """Return the jobs that wait, the next one first: who was served longest ago comes first."""
        queued = [job for job in self.jobs.values() if job.state == "queued"]
        return sorted(queued, key=lambda job: (self._served.get(job.owner, 0), job.asked, job.id))

    def _hear(self, job: Job, said: dict[str, Any]) -> None:
        if "what" in said and job.what != "stopping":
            job.what, job.share = said["what"], said["share"]
        if "live" in said:
            self.live.setdefault(job.id, {})[said["live"]["replicate"]] = said["live"]
        if "shown" in said:
            job.shown = True
        if "end" in said:
            job.run = said.get("run", "")
            job.end(said["end"], said.get("problems"))

    def _died(self, job: Job) -> None:
        if job.id in self._stops:
            job.end("stopped", ["Stopped; its process did not end by itself and was ended."])
        elif job.tries < MOST_TRIES:
            job.state, job.what, job.share = "queued", "its process ended; it is begun again", 0.0
            self._keep(job)
        else:
            job.end("failed", [f"Its process ended {job.tries} times before it was done, perhaps "
                               "for want of memory or of room on the disk. Nothing else was "
                               "touched. Make room, ask for fewer runs or a smaller place, or try "
                               "again."])  # fmt: skip

    def _keep(self, job: Job) -> None:
        """Write a job; if that cannot be done it goes on, and is written with its next change."""
        with contextlib.suppress(OSError):
            self._journal.keep(job)

    def page(self, job: Job) -> Path:
        """Return the file that holds what is shown of a job."""
        return page_of(job.id, self._journal.folder)
