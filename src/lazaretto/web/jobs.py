"""A job of the control room: what was asked, how far it is, and what came out; kept in a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from lazaretto.scenario import Scenario
from lazaretto.whole_files import write_whole

State = Literal["queued", "running", "done", "failed", "stopped"]

Kind = Literal["run", "compare"]

ENDED = ("done", "failed", "stopped")
"""States that a job stays in."""


@dataclass
class Part:
    """A policy of a job.

    Parameters
    ----------
    scenario
        As resolved.
    folder
        Folder that its paths begin in, of a scenario of the owner.
    changed, against
        In what it was changed, in words, and against which scenario.
    """

    scenario: dict[str, Any]
    folder: str | None = None
    changed: list[str] = field(default_factory=list)
    against: str = ""

    def read(self) -> Scenario:
        """Return the scenario."""
        read = Scenario.from_mapping(self.scenario)
        read._folder = None if self.folder is None else Path(self.folder)
        return read


@dataclass
class Job:
    """A job of the control room.

    Parameters
    ----------
    id
        Its name in addresses, which cannot be guessed.
    owner
        Who asked, as their browser is known.
    kind
        run, or compare: the first policy and others beside it.
    title
        What it is called.
    parts
        The policy, or the policies.
    fields
        What was asked, for a link: name and value of each field.
    seed, replicates, beside
        As in `lazaretto.web.asked.Asked`.
    state, what, share
        How far it is: what is being done, and its share, 0 to 1.
    problems
        What went wrong, in lines.
    shown
        Whether there is something to see yet.
    run
        Its run folder, once it is finished.
    asked, ended
        When, ISO.
    tries
        How often it was begun.
    """

    id: str
    owner: str
    kind: Kind
    title: str
    parts: list[Part]
    fields: list[tuple[str, str]]
    seed: int = 1
    replicates: int = 1
    beside: bool = True
    state: State = "queued"
    what: str = ""
    share: float = 0.0
    problems: list[str] = field(default_factory=list)
    shown: bool = False
    run: str = ""
    asked: str = ""
    ended: str = ""
    tries: int = 0

    def now(self) -> dict[str, Any]:
        """Return how far it is, for who watches."""
        return {
            "id": self.id, "kind": self.kind, "title": self.title, "state": self.state,
            "what": self.what, "share": round(self.share, 4), "problems": self.problems,
            "shown": self.shown,
        }  # fmt: skip

    def end(self, state: State, problems: list[str] | None = None) -> None:
        """Put it into a state it stays in."""
        self.state, self.ended = state, datetime.now(UTC).isoformat(timespec="seconds")
        self.problems = problems or []
        self.what = ""


class Journal:
    """The jobs of a control room, each in a file that is there whole or not at all.

    Parameters
    ----------
    folder
        Where the files are; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, job: Job) -> None:
        """Write a job.

        Raises
        ------
        OSError
            If that cannot be done; the file that was there before is as it was.
        """
        write_whole(self.folder / f"{job.id}.json", json.dumps(asdict(job)))

    def forget(self, job: Job) -> None:
        """Take away the files of a job; the job itself last, so that none of them is left behind.

        Raises
        ------
        OSError
            If that cannot be done.
        """
        page = page_of(job.id, self.folder)
        for path in (page.with_suffix(".html"), page, self.folder / f"{job.id}.json"):
            path.unlink(missing_ok=True)

    def read(self) -> list[Job]:
        """Return the jobs, oldest first; a file that cannot be read is passed over."""
        found = []
        known = {each.name for each in fields(Job)}
        for path in self.folder.glob("*.json"):
            try:
                said = json.loads(path.read_text(encoding="utf-8"))
                parts = [Part(**part) for part in said.pop("parts")]
                pairs = [(str(name), str(value)) for name, value in said.pop("fields")]
                rest = {key: value for key, value in said.items() if key in known}
                job = Job(parts=parts, fields=pairs, **rest)
            except (OSError, ValueError, TypeError, KeyError, AttributeError):
                continue
            if job.id == path.stem and _sound(job):
                found.append(job)
        return sorted(found, key=lambda job: (job.asked, job.id))


def _sound(job: Job) -> bool:
    """Return whether what was read is what was written: a damaged file can say anything."""
    texts = (job.id, job.owner, job.title, job.what, job.run, job.asked, job.ended)
    numbers = (job.seed, job.replicates, job.tries)
    return (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(number, int) for number in numbers)
        and isinstance(job.share, int | float)
        and isinstance(job.problems, list)
        and all(isinstance(part.scenario, dict) for part in job.parts)
        and bool(job.parts)
        and job.kind in get_args(Kind)
        and job.state in get_args(State)
    )


def page_of(job_id: str, folder: Path) -> Path:
    """Return the file that holds what is shown of a job."""
    return folder / f"{job_id}.shown"
