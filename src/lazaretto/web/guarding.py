"""Who is let in: host, token, origin, size; and what every answer says to the browser."""

from __future__ import annotations

import hmac
import os
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lazaretto.web.spoken import language, spoken

TOKEN, PERSON = "lazaretto_token", "lazaretto_person"
"""Cookies: the token of the room, and which browser it is."""

LARGEST = 400_000
"""Bytes of a request at most."""

OURS = "x-lazaretto"
"""Header that the pages of the room send with whatever changes something; no other site can."""

FORWARDED = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
"""Headers by which a proxy is known."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, no inline script, no eval; styles inline, for Vega sets them."""

REPORT = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline';"
    " img-src data:; base-uri 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-downloads"
)
"""A report is a file of its own with its scripts in it: it may run them, but is shut off from the
room, its cookies included."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


@dataclass(frozen=True)
class Door:
    """Whom a room lets in.

    Parameters
    ----------
    token
        What a person must show; empty where only this machine can come.
    names
        Host names it answers to; a page elsewhere that points a name of its own at this machine is
        then not let in.
    """

    token: str = ""
    names: tuple[str, ...] = LOOPBACK


def new_token() -> str:
    """Return a token that cannot be guessed, 32 hexadecimal digits."""
    return os.urandom(16).hex()


class Guard:
    """The middleware that looks at every request before anything else does.

    Parameters
    ----------
    app
        What answers those who are let in.
    door
        Whom it lets in.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refused = self._refused(connection, scope["method"])
        person = connection.cookies.get(PERSON, "")
        known = re.fullmatch("[0-9A-Za-z]{32}", person) is not None
        scope.setdefault("state", {})["person"] = person if known else os.urandom(16).hex()
        kept = scope["state"]["person"]
        https = connection.url.scheme == "https"
        heard = 0

        async def hear() -> Message:
            nonlocal heard
            message = await receive()
            heard += len(message.get("body", b""))
            if heard > LARGEST:
                raise TooLargeError
            return message

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", POLICY)
                headers.setdefault("cache-control", "no-store")
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not known:
                    headers.append("set-cookie", _cookie(PERSON, kept, https))
            await send(message)

        if refused is not None:
            await refused(scope, receive, say)
            return
        try:
            await self._app(scope, hear, say)
        except ClientDisconnect:
            pass  # nobody is there any more to be answered
        except TooLargeError:
            answer = _plain(connection, 413, f"More than {LARGEST:,} bytes are not taken.")
            await answer(scope, receive, say)

    def _refused(self, asked: HTTPConnection, method: str) -> Response | None:
        door = self._door
        try:
            host = urlsplit(f"//{asked.headers.get('host', '')}").hostname or ""
        except ValueError:
            host = ""
        if door.names and host not in door.names:
            said = f"This room answers to {', '.join(door.names)} only. To give it another name: "
            return _plain(asked, 421, f"{said}lazaretto serve --name NAME")
        length = asked.headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 9 or int(length) > LARGEST):
            return _plain(asked, 413, f"More than {LARGEST:,} bytes are not taken.")
        site, mode = (asked.headers.get(f"sec-fetch-{what}") for what in ("site", "mode"))
        if site == "cross-site" and mode != "navigate":
            said = "Pages of other sites may link to this room, and nothing else."
            return _plain(asked, 403, said)
        if not door.token and FORWARDED & set(asked.headers):
            said = "This room is for this machine only, and a proxy stands before it: "
            return _plain(asked, 403, f"{said}lazaretto serve --name NAME")
        if method not in ("GET", "HEAD") and not asked.headers.get(OURS):
            return _plain(asked, 403, "This can be asked for from the pages of the room only.")
        if not door.token:
            return None
        given = asked.query_params.get("token")
        if given is not None and _same(given, door.token):
            rest = [(k, v) for k, v in asked.query_params.multi_items() if k != "token"]
            path = f"/{asked.url.path.lstrip('/')}" + (f"?{urlencode(rest)}" if rest else "")
            answer: Response = RedirectResponse(path, 303)
            answer.headers["set-cookie"] = _cookie(TOKEN, door.token,
                                                   asked.url.scheme == "https")  # fmt: skip
            return answer
        if _same(asked.cookies.get(TOKEN, ""), door.token):
            return None
        if _same(asked.headers.get("authorization", "").removeprefix("Bearer "), door.token):
            return None
        said = "This room needs its token: open the address that lazaretto serve printed, which "
        return _plain(asked, 401, f"{said}ends in ?token=...")


class TooLargeError(Exception):
    """A request with more bytes than are taken."""


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _cookie(name: str, value: str, https: bool) -> str:
    secure = "; Secure" if https else ""
    return f"{name}={value}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}"


def _plain(asked: HTTPConnection, code: int, text: str) -> PlainTextResponse:
    return PlainTextResponse(spoken(language(asked))(text) + "\n", code)
