"""A control room without workers, whose jobs wait, as a browser on this machine finds it."""

from __future__ import annotations

from starlette.testclient import TestClient

from lazaretto.web.app import application
from lazaretto.web.guarding import Door

OURS = {"X-Lazaretto": "1"}


def browser_of(room):
    """Return a browser of a room."""
    return TestClient(application(room, Door()), base_url="http://localhost")
