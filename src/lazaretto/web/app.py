"""The control room as a web application: pages for people, answers for their browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from lazaretto.scenario import ScenarioError
from lazaretto.web.answers import answers, refused
from lazaretto.web.downloads import downloads
from lazaretto.web.guarding import HEADERS, POLICY, Door, Guard
from lazaretto.web.pages import bundled, pages
from lazaretto.web.room import Room
from lazaretto.web.spoken import language, spoken

STATIC = Path(__file__).parent / "static"


def application(room: Room, door: Door) -> Starlette:
    """Return the application of a room.

    Parameters
    ----------
    room
        The room; its workers are started and ended with the application.
    door
        Whom it lets in.
    """

    @asynccontextmanager
    async def opened(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001 - Starlette's
        await room.queue.open()
        try:
            yield
        finally:
            await room.queue.close()

    made = Starlette(
        routes=[
            *pages(), *answers(), *downloads(),
            Route("/static/figures.js", bundled),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, door=door)],
        exception_handlers={
            HTTPException: _said, ScenarioError: refused, OSError: _not_written, Exception: _wrong
        },
        lifespan=opened,
    )  # fmt: skip
    made.state.room = room
    return made


async def _said(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _plain(request, error.status_code, error.detail)


async def _wrong(request: Request, error: Exception) -> Response:
    text = f"Something is wrong in the room itself ({type(error).__name__}); please report it."
    # Answered outside the guard, so what the browser must not do is said here.
    headers = HEADERS | {"content-security-policy": POLICY}
    return _plain(request, 500, text, headers)


async def _not_written(request: Request, error: Exception) -> Response:
    said = getattr(error, "strerror", None) or str(error)
    text = f"This could not be written: {said}. Nothing that was there before is lost."
    return _plain(request, 507, text)


def _plain(
    request: Request, code: int, text: str, headers: Mapping[str, str] | None = None
) -> Response:
    said = spoken(language(request))(text)
    return PlainTextResponse(f"{said}\n", code, headers)
