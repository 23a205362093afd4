"""The pages of the room: its levers, a job, policies beside one another, all jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

import lazaretto
from lazaretto.console.run_summary import run_line
from lazaretto.console.several import PAGE
from lazaretto.report.appearance import AFTER_DARK
from lazaretto.report.page import bundle
from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies import find_runs
from lazaretto.web.answers import CHECKS, job_of, policy_of, problem_lines, read_shown, room_of
from lazaretto.web.asked import MOST_REPLICATES, Asked
from lazaretto.web.controls import controls_of
from lazaretto.web.spoken import COOKIE, LANGUAGES, language, spoken

LATEST = 200
"""Jobs that the history lists."""


def pages() -> list[Route]:
    """Return the routes."""
    return [
        Route("/", levers),
        Route("/runs/{job}", job_page),
        Route("/runs/{job}/tables", tables),
        Route("/history", history),
        Route("/static/dark.css", dark),
    ]


_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("lazaretto.web"), autoescape=True, trim_blocks=True,
    lstrip_blocks=True, undefined=jinja2.StrictUndefined,
)  # fmt: skip


def _page(request: Request, name: str, status: int = 200, **content: Any) -> Response:  # noqa: ANN401
    code = language(request)
    say = spoken(code)

    def told(text: str) -> str:
        """Return a text in the language of the page, marked where it stays English."""
        said = say(text)
        english = code != "en" and text and said == text
        return Markup('<span lang="en">{}</span>').format(text) if english else said

    html = _templates.get_template(name).render(
        say=say, told=told, language=code,
        colon="：" if code == "zh" else ": ", stop="。" if code == "zh" else ".",
        languages=LANGUAGES, version=lazaretto.__version__,
        here=request.url.path, query=request.url.query, **content,
    )  # fmt: skip
    answer = HTMLResponse(html, status)
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie(COOKIE, code, max_age=31_536_000, samesite="lax")
    return answer


async def levers(request: Request) -> Response:
    """Show the levers of a scenario as a link has them."""
    room, say = room_of(request), spoken(language(request))
    fields = [(name, value) for name, value in request.query_params.multi_items()
              if name not in ("lang", "job")]  # fmt: skip
    problems: list[dict[str, str]] = []
    try:
        asked = Asked.of(fields, room.scenarios.first)
        async with CHECKS:
            base = await run_in_threadpool(room.scenarios.load, asked.scenario)
    except ScenarioError as error:
        problems, asked = problem_lines(error, say), Asked(room.scenarios.first)
        base = await run_in_threadpool(room.scenarios.load, asked.scenario)
    if fields and not problems:
        try:
            await policy_of(room, asked)
        except ScenarioError as error:
            problems = problem_lines(error, say)
    groups: dict[str, list[Any]] = {}
    for control in controls_of(base):
        groups.setdefault(control.group, []).append(control)
    titles = dict(room.scenarios.titles)
    if asked.scenario not in titles:
        titles[asked.scenario] = base.title
    return _page(
        request, "levers.html.j2", 422 if problems else 200, scenario=base, asked=asked,
        groups=groups, titles=titles, measures=_measures(base), problems=problems,
        most_replicates=MOST_REPLICATES,
    )  # fmt: skip


def _measures(scenario: Scenario) -> list[tuple[str, str, str]]:
    """Return name, kind and dates of each measure."""
    found = []
    for i, each in enumerate(scenario.measures):
        said = each.model_extra or {}
        days = " ".join(filter(None, (str(said.get("from", "")), "–", str(said.get("to", "")))))
        found.append((each.name or str(i), each.measure, "" if days == "–" else days))
    return found


async def job_page(request: Request) -> Response:
    """Show a job: how far it is, then what came out."""
    job = job_of(request)
    if job is None:
        raise HTTPException(404, "There is no such job. Perhaps it was made in another room.")
    asked = Asked(job.parts[0].scenario["name"])
    if job.kind == "run":
        asked = Asked.of(job.fields, "")
    return _page(
        request, "job.html.j2", job=job, link=asked.link(), compared=PAGE,
        mine=job.owner == request.state.person,
    )  # fmt: skip


async def tables(request: Request) -> Response:
    """Give the tables of a job, as a part of its page."""
    job = job_of(request)
    if job is None or not job.shown:
        raise HTTPException(404, "There is nothing to show yet.")
    try:
        content = await run_in_threadpool(room_of(request).queue.page(job).read_bytes)
        shown = await run_in_threadpool(read_shown, content)
    except (OSError, ValueError):
        raise HTTPException(404, "What is shown of it is no longer there; run it again.") from None
    name = "run_tables.html.j2" if shown["kind"] == "run" else "compared_tables.html.j2"
    return _page(request, name, shown=shown, job=job)


async def history(request: Request) -> Response:
    """List the jobs of the room, the newest first."""
    room = room_of(request)
    jobs = sorted(room.queue.jobs.values(), key=lambda job: job.asked, reverse=True)
    known = {Path(job.run).name for job in jobs if job.run}
    runs = [
        (name, run_line(each["summary"]), (Path(each["path"]) / "report.html").is_file())
        for each in await run_in_threadpool(find_runs, room.folder)
        if (name := Path(each["path"]).name) not in known
    ]
    return _page(request, "history.html.j2", jobs=jobs[:LATEST], person=request.state.person,
                 n_jobs=len(jobs), runs=runs[:LATEST])  # fmt: skip


async def dark(request: Request) -> Response:  # noqa: ARG001 - Starlette's
    """Give the style rules that turn the colours of figures for a dark page."""
    rules = [
        f':root[data-theme="dark"] figure svg [{what}="{light}"]{{{what}:{after}}}'
        for light, after in AFTER_DARK.items() for what in ("fill", "stroke")
    ]  # fmt: skip
    return Response("\n".join(rules), media_type="text/css",
                    headers={"cache-control": "max-age=3600"})  # fmt: skip


async def bundled(request: Request) -> Response:  # noqa: ARG001
    """Give Vega, Vega-Lite and Vega-Embed as one script: no network is needed."""
    script = await run_in_threadpool(bundle)
    return Response(script, media_type="text/javascript", headers={"cache-control": "max-age=3600"})
