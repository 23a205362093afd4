"""What the pages ask the room for: check, run, watch, stop, compare, bring a scenario; in JSON."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lazaretto.engine.checked import place_of
from lazaretto.report.appearance import LAYOUTS, specification
from lazaretto.report.so_far import so_far_figure
from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.studies import changes, observed_cases
from lazaretto.web.asked import Asked
from lazaretto.web.guarding import new_token
from lazaretto.web.jobs import ENDED, Job, Part
from lazaretto.web.moving import policy_asked
from lazaretto.web.phrases import Say
from lazaretto.web.queue import FullError
from lazaretto.web.room import Room
from lazaretto.web.spoken import language, spoken
from lazaretto.web.spoken_figures import figure_said
from lazaretto.web.taken import residents_of, understood

LATEST = 20
"""Runs of a job that are drawn while they are made."""

CHECKS = asyncio.Semaphore(4)
"""Scenarios that are checked at the same time."""

MOST_WORK = 500_000_000_000
"""Residents times days times runs of a job at most: 150 runs of Shanghai's spring."""

FEWEST, MOST = 2, 6
"""Policies that are set beside one another."""


def answers() -> list[Route]:
    """Return the routes."""
    return [
        Route("/check", check, methods=["POST"]),
        Route("/jobs", ask, methods=["POST"]),
        Route("/jobs/{job}", watch),
        Route("/jobs/{job}/stop", stop, methods=["POST"]),
        Route("/jobs/{job}/live-figure", live_figure),
        Route("/jobs/{job}/shown", shown),
        Route("/compare", compare, methods=["POST"]),
        Route("/bring", bring, methods=["POST"]),
    ]


def room_of(request: Request) -> Room:
    """Return the room a request is made to."""
    room: Room = request.app.state.room
    return room


def job_of(request: Request) -> Job | None:
    """Return the job a request is about, None if there is none."""
    return room_of(request).queue.jobs.get(request.path_params["job"])


def problem_lines(error: ScenarioError, say: Say) -> list[dict[str, str]]:
    """Return problems as a page lists them, in its language."""
    return [
        {"key": each.key, "of": each.of, "allowed": say(each.allowed), "advice": say(each.advice),
         "value": "" if each.value is None else _value(str(each.value), say)}
        for each in error.problems
    ]  # fmt: skip


async def form_of(request: Request, **limits: int) -> FormData:
    """Return the form of a request.

    Raises
    ------
    ScenarioError
        If it cannot be read, or says what is no text.
    """
    with understood("form"):
        form = await request.form(**limits)
        for name, value in form.multi_items():
            f"{name}{value if isinstance(value, str) else value.filename}".encode()
    return form


def _value(given: str, say: Say) -> str:
    return say(given) if " " in given else given


async def asked_by(request: Request) -> tuple[Asked, Scenario, Part]:
    """Return what a form asks, its policy, and the policy as part of a job.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """
    form = await form_of(request)
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    asked = Asked.of(fields, "")
    return asked, *await policy_of(room_of(request), asked)


async def policy_of(room: Room, asked: Asked) -> tuple[Scenario, Part]:
    """Return the policy that is asked for, and as part of a job.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """
    async with CHECKS:
        return await run_in_threadpool(_policy, room, asked)


@understood("set")
def _policy(room: Room, asked: Asked) -> tuple[Scenario, Part]:
    policy = policy_asked(asked, room.scenarios.load(asked.scenario))
    residents = residents_of(policy)
    if residents > room.largest:
        allowed = f"a place of at most {room.largest:,} residents in this room"
        advice = "run it by command line, or start the room with --largest"
        raise ScenarioError([Problem("place", f"{residents:,} residents", allowed, advice)])
    work = residents * policy.n_days * asked.replicates
    if work > MOST_WORK:
        allowed = f"{MOST_WORK:.0e} residents x days x runs at most; these are {work:.1e}"
        advice = "ask for fewer runs or days, or use the command line"
        raise ScenarioError([Problem("replicates", asked.replicates, allowed, advice)])
    said = changes(policy)
    named = asked.renamed(policy)
    folder = None if named.folder is None else str(named.folder)
    return named, Part(named.resolved(), folder, list(said.said), said.against)


async def refused(request: Request, error: Exception) -> Response:
    """Say what is wrong with what is asked, wherever that was found."""
    assert isinstance(error, ScenarioError)
    return JSONResponse(
        {"ok": False, "problems": problem_lines(error, spoken(language(request)))}, 422
    )


def _no(request: Request, code: int, why: str) -> Response:
    said = spoken(language(request))(why)
    return JSONResponse({"ok": False, "problems": [{"advice": said}]}, code)


async def check(request: Request) -> Response:
    """Say what is wrong with what is asked, or that nothing is."""
    asked, policy, part = await asked_by(request)
    title = spoken(language(request))(policy.title)
    return JSONResponse({"ok": True, "title": title, "changed": part.changed,
                         "link": asked.link()})  # fmt: skip


async def ask(request: Request) -> Response:
    """Put a run into the queue."""
    asked, policy, part = await asked_by(request)
    job = Job(
        new_token(), request.state.person, "run", policy.title, [part], asked.fields(),
        asked.seed, asked.replicates, asked.beside, asked=_now(),
    )  # fmt: skip
    return await _queued(request, job)


async def compare(request: Request) -> Response:
    """Put a comparison of finished runs into the queue."""
    form = await form_of(request)
    jobs = room_of(request).queue.jobs
    names = list(dict.fromkeys(str(value) for name, value in form.multi_items() if name == "job"))
    found = [jobs[name] for name in names if name in jobs and jobs[name].kind == "run"]
    problems = []
    if len(found) < len(names) or not FEWEST <= len(found) <= MOST:
        allowed = f"{FEWEST} to {MOST} runs of this room"
        problems.append(Problem("compare", f"{len(found)} runs", allowed, "pin others"))
    if len({(job.seed, job.replicates) for job in found}) > 1:
        said = ", ".join(f"{job.replicates} from seed {job.seed}" for job in found)
        allowed = "as many runs of each, from the same first seed: they are compared run by run"
        problems.append(Problem("compare", said, allowed, "run one of them again"))
    if problems:
        raise ScenarioError(problems)
    # What nobody changed is what the others are held against, whatever was pinned first.
    found.sort(key=lambda job: bool(job.parts[0].changed))
    first = found[0]
    title = " | ".join(job.title for job in found)
    job = Job(
        new_token(), request.state.person, "compare", title,
        [part for each in found for part in each.parts], [("job", each.id) for each in found],
        first.seed, first.replicates, beside=False, asked=_now(),
    )  # fmt: skip
    return await _queued(request, job)


async def _queued(request: Request, job: Job) -> Response:
    try:
        await room_of(request).queue.ask(job)
    except FullError as error:
        return _no(request, 429, str(error))
    except OSError as error:
        said = f"The room cannot write: {error.strerror or error}. Nothing was lost; make room on "
        return _no(request, 507, f"{said}the disk.")
    return JSONResponse({"ok": True, "id": job.id}, 202)


async def watch(request: Request) -> Response:
    """Say how far a job is, and what its run has counted so far."""
    job = job_of(request)
    if job is None:
        return _no(request, 404, "There is no such job.")
    queue, say = room_of(request).queue, spoken(language(request))
    said = job.now() | {"mine": job.owner == request.state.person}
    said |= {"what": say(job.what), "problems": [say(each) for each in job.problems]}
    if job.state == "queued":
        said["before"] = queue.before(job)
    if request.query_params.get("live") and job.state not in ENDED and not job.shown:
        said["live"] = list(queue.live.get(job.id, {}).values())[-LATEST:]
    return JSONResponse(said)


async def stop(request: Request) -> Response:
    """Stop a job, which only who asked for it may."""
    job = job_of(request)
    if job is None or job.owner != request.state.person:
        code = 404 if job is None else 403
        return _no(request, code, "Only who asked for a job may stop it.")
    if job.state not in ENDED:
        task = asyncio.create_task(room_of(request).queue.stop(job))
        _stopping.add(task)
        task.add_done_callback(_stopping.discard)
    return JSONResponse({"ok": True})


_stopping: set[asyncio.Task[None]] = set()


async def live_figure(request: Request) -> Response:
    """Give the figure of a run that is being made, its data still to come."""
    job = job_of(request)
    if job is None or job.kind != "run":
        return JSONResponse({"ok": False}, 404)
    part = json.dumps(asdict(job.parts[0]), sort_keys=True)
    async with CHECKS:
        return JSONResponse(await run_in_threadpool(_live_figure, part, language(request)))


@lru_cache(maxsize=64)
def _live_figure(part: str, code: str) -> dict[str, Any]:
    """Return the figure of a policy, drawn once for all runs of it."""
    scenario = Part(**json.loads(part)).read()
    real = None
    if scenario.nation is None:
        known = observed_cases(place_of(scenario))
        real = None if known is None else known.daily
    specs = {
        size: specification(so_far_figure(scenario.start, scenario.end, real, layout))
        for size, layout in LAYOUTS.items()
    }
    figure = {"specs": specs, "data": {}, "heading": ""}
    found: dict[str, Any] = figure_said(figure, code, spoken(code))["specs"]
    return found


async def shown(request: Request) -> Response:
    """Give what is shown of a job."""
    job = job_of(request)
    if job is None or not job.shown:
        return JSONResponse({"ok": False}, 404)
    code = language(request)
    try:
        content = await run_in_threadpool(_shown, room_of(request).queue.page(job), code)
    except (OSError, ValueError):
        return JSONResponse({"ok": False}, 404)
    headers = {"content-type": "application/json"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(content, headers=headers | {"content-encoding": "gzip"})
    return Response(gzip.decompress(content), headers=headers)


def _shown(page: Path, code: str) -> bytes:
    content = page.read_bytes()
    if code == "en":
        return content
    read, say = read_shown(content), spoken(code)
    figures = [figure_said(figure, code, say) for figure in read["figures"]]
    return gzip.compress(json.dumps(read | {"figures": figures}).encode(), 1)


async def bring(request: Request) -> Response:
    """Take a scenario file."""
    form = await form_of(request, max_files=1, max_fields=5)
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        advice = "choose a YAML file"
        raise ScenarioError([Problem("file", "missing", "a scenario in YAML", advice)])
    try:
        text = (await file.read()).decode("utf-8")
    except UnicodeDecodeError:
        advice = "save it as UTF-8"
        raise ScenarioError([Problem("file", None, "text in UTF-8", advice)]) from None
    async with CHECKS:
        name = await run_in_threadpool(room_of(request).scenarios.bring, text)
    return JSONResponse({"ok": True, "link": f"/?scenario={name}"})


def read_shown(content: bytes) -> dict[str, Any]:
    """Return what is shown of a job, from its file."""
    read: dict[str, Any] = json.loads(gzip.decompress(content))
    return read


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
