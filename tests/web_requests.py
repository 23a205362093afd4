"""Requests to the control room that a careless or hostile hand sends, each drawn from a seed."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlencode

import mutations
from starlette.applications import Starlette

from lazaretto.scenario import Scenario
from lazaretto.web.app import application
from lazaretto.web.downloads import FILES
from lazaretto.web.guarding import Door
from lazaretto.web.jobs import Job, Part, page_of
from lazaretto.web.room import Room
from lazaretto.web.shown import keep_page

FINISHED, WAITING, OWNER = "f" * 32, "b" * 32, "0" * 32
"""Names of two jobs, and of who asked for them."""

TOKEN = "0123456789abcdef"
"""Of the same room when it is opened beyond this machine."""

BROUGHT = """\
name: mine
place: chongming
disease: omicron-ba2
start: 2022-03-15
end: 2022-04-20
seeding: [{date: 2022-03-15, infections_per_day: 5}]
measures:
- {measure: lockdown, name: seal, tier: sealed, from: 2022-03-28, to: 2022-04-10}
- {measure: screening, interval_days: 3, participation: 0.8, labs: labs}
- {measure: isolation, beds: [hall]}
- {measure: longest_stay, days: 14, rest_days: 2}
resources:
- {name: labs, unit: tubes/day, opened: [{amount: 9000}]}
- {name: hall, unit: beds, opened: [{amount: 500, from: 2022-03-20}]}
border: {flights_per_week: 2, passengers: 150, prevalence: [{share: 0.01}]}
"""
"""A scenario that may be brought."""

SHOWN = {
    "kind": "run", "title": "", "question": "", "aim": "", "pans": {}, "agreement": "", "dates": [],
    "figures": [], "ledger_words": "", "ledger": {"virus": [], "policy": []}, "missing": [],
    "aim_words": "", "less": "", "judged_beside": False, "answers": [],
}  # fmt: skip
"""What is shown of the finished job; figures would only cost time."""

SCRIPT = "<script>alert(1)</script>"

SOUND = {
    "disease": "delta", "r0": "4.5", "start": "2022-03-01", "end": "2022-03-20", "begin": "-7",
    "lift": "5", "tier": "controlled", "screening": "2", "laboratories": "0.5", "beds": "2",
    "parents": "yes", "food": "75", "passes": "50", "income": "40", "information": "90",
    "visits": "20", "stay": "14", "flights": "20", "infected": "2.5", "arrivals": "7+3",
    "seed": "7", "replicates": "5", "beside": "no", "name": "softer & later", "off": "seal",
    "set": "r0=3",
}  # fmt: skip
"""What stands in fields that nobody spoiled."""

TEXTS = (
    "", " ", "0", "-1", "7", "0.5", "NaN", "-inf", "1e999", "1e3", "9" * 400, "9" * 5_000, "-0",
    "+7", "0x10", "1_000", "４", "٣", "7.5", "yes", "no", "none", "sealed", "delta", "7+3", "all",
    "2022-04-01", "2022-02-30", "0001-01-01", "9999-12-31", "99999-01-01", "2022-04-01T00:00",
    "\x00", "a\x00b", "\x07\x1b[31m", "\r\nSet-Cookie: x=1", "\ud800", "\u202e", "北京",
    SCRIPT, f'"{SCRIPT}', "{{ 7 * 7 }}", "%s%n", "../../etc/passwd", "/dev/zero", "~", "x" * 20_000,
    "[" * 1_000, "os:system", "curfew.py:Curfew", "*a", "&a [*a]", "+2AA-", "\\ud800",
)  # fmt: skip
"""What stands in a field that somebody spoiled."""

PATHS = (
    "/", "//", "///etc/passwd", "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/.",
    "/..%2f..%2fetc%2fpasswd", "/%00", "/%ff%fe", "/%", "/%zz", "/" + "a" * 50_000, "/" * 5_000,
    "/static", "/static/", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/%00",
    "/static/" + "a" * 5_000, "/static/" + "a/" * 3_000, "/static//etc/passwd", "/static/%5c..",
    "/jobs", "/jobs/", "/jobs/x", "/runs/x/tables", "/jobs/%2e%2e/shown", "/jobs/" + "9" * 9_000,
    "/folders/../report.html", "/folders/%2e%2e/report.html", "/folders//report.html",
    "/jobs/x/files/..%2f..%2fpasswd", "/favicon.ico", "*", "http://evil.example/",
    "/jobs/" + "f" * 32 + "%00", "/jobs/" + "F" * 32, "/\u202e", "/?", "/;a=b", "/#x",
)  # fmt: skip

CODECS = ("utf-7", "unicode_escape", "idna", "undefined", "punycode", "hex", "utf-16", "\x00")
"""Ways to write text that browsers do not use and Python knows."""

HEADERS: tuple[tuple[str, Sequence[str]], ...] = (
    ("host", ("", "[", "]", "[::1", "[::1]", "localhost:99999999", "localhost:x", "evil.example",
              "LOCALHOST", "localhost/../x", "user@localhost", "local host", "\x7f", "é",
              "x" * 9_000, "localhost\t", "127.0.0.1:0", "[v1.x]", "localhost?x", "localhost#")),
    ("origin", ("null", "http://evil.example", "", "\x00")),
    ("content-length", ("-1", "0", "x", "9" * 400, "400001", "1e9", "²", "5, 6", "")),
    ("content-type", ("", "text/plain", "application/json", "multipart/form-data",
                      "multipart/form-data; boundary=", "multipart/form-data; boundary=é",
                      "multipart/form-data; boundary=" + "x" * 500, "; ; ;", "é",
                      "application/x-www-form-urlencoded; charset=utf-16",
                      "multipart/form-data; boundary=xx; charset=none",
                      *(f"multipart/form-data; boundary=xx; charset={name}" for name in CODECS))),
    ("cookie", ("lazaretto_person=" + OWNER, "lazaretto_person=" + "x" * 32,
                "lazaretto_person=" + "²" * 32, "lazaretto_person=../../x", "=", ";;;=;",
                "lazaretto_language=xx", "lazaretto_language=zh", "lazaretto_token=é",
                f"lazaretto_token={TOKEN}", "a=" * 5_000,
                'lazaretto_person="\\000"', "lazaretto_person=" + "9" * 20_000)),
    ("accept-language", ("zh", "", ",", "zh-" + "x" * 5_000, "é", "zh;q=é", "en")),
    ("accept-encoding", ("gzip", "gzip;q=0", "", "é", "br")),
    ("sec-fetch-site", ("cross-site", "none", "é")),
    ("x-forwarded-for", ("127.0.0.1", "")),
    ("range", ("bytes=0-", "bytes=9-1", "bytes=-1", "bytes=0-0,2-3", "bytes=é", "x" * 5_000,
               "bytes=" + ",".join(f"{i}-{i}" for i in range(2_000)), "bytes=" + "9" * 500 + "-")),
    ("if-range", ("x", "é", '"a"')),
    ("if-none-match", ("*", '"x', "é")),
    ("if-modified-since", ("x", "Thu, 99 Foo 9999 99:99:99 GMT", "é", "")),
    ("authorization", ("Bearer x", "Bearer é", f"Bearer {TOKEN}", "", "Basic ====")),
    ("transfer-encoding", ("chunked", "gzip, chunked")),
    ("expect", ("100-continue",)),
    ("x-lazaretto", ("", "é", "0")),
)  # fmt: skip
"""Headers and what a lying or broken client puts into them."""

METHODS = ("HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "BREW", "")

BODIES = (
    b"", b"\x00", b"{}", b"=&" * 50_000, b"%" * 9_000, b"a" * 399_000, b"x" * 500_000,
    b"set=" + b"%00" * 99_000,
)  # fmt: skip

Fields = list[tuple[str, str]]


@dataclass
class Request:
    """A request as a server hands it on."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    leaves: bool = False
    """Whether the client is gone before its request is whole."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Visited:
    """A room with a finished job and one that waits; nobody works in it."""

    room: Room
    near: Starlette
    far: Starlette
    run: str
    written: dict[str, Any]


def visited(folder: Path, scenario: Path, run: Path) -> Visited:
    """Open a room on a copy of the run folders of a scenario."""
    shutil.copytree(run, folder)
    [made] = folder.iterdir()
    (made / "report.html").write_text("<p>a report</p>")
    room = Room(folder, (scenario,))
    base = Scenario.load(scenario)
    part = Part(base.resolved(), str(base.folder))
    fields = [("scenario", base.name)]
    finished = Job(FINISHED, OWNER, "run", base.title, [part], fields, state="done", shown=True,
                   run=str(made))  # fmt: skip
    waiting = Job(WAITING, OWNER, "run", base.title, [part], fields)
    for job in (finished, waiting):
        room.journal.keep(job)
        room.queue.jobs[job.id] = job
    keep_page(SHOWN, page_of(FINISHED, room.journal.folder))
    near, far = application(room, Door()), application(room, Door(TOKEN, ("localhost",)))
    return Visited(room, near, far, made.name, base.resolved())


def put_back(place: Visited) -> None:
    """Take away what a case has left that it may leave: jobs that wait, scenarios brought."""
    jobs = place.room.queue.jobs
    for name in [name for name in jobs if name not in (FINISHED, WAITING)]:
        del jobs[name]
        (place.room.journal.folder / f"{name}.json").unlink()
    jobs[WAITING].state = "queued"
    place.room.journal.keep(jobs[WAITING])
    shutil.rmtree(place.room.folder / "room" / "scenarios", ignore_errors=True)


def answer_to(app: Starlette, request: Request) -> Answer:
    """Hand a request to the room as a server would, and return its answer."""
    pieces = [request.body[i : i + 65_536] for i in range(0, len(request.body) + 1, 65_536)]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if pieces and not (request.leaves and len(pieces) == 1):
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
        "method": request.method, "path": unquote(request.path), "root_path": "",
        "raw_path": request.path.encode("latin-1", "replace"),
        "query_string": request.query.encode("latin-1", "replace"),
        "headers": [(name.encode(), value.encode("latin-1", "replace"))
                    for name, value in request.headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8642),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    if not sent:
        assert request.leaves, "no answer"
        return Answer(400, {}, b"")
    headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(each.get("body", b"") for each in sent[1:]))


# Sound requests, and what goes wrong with them


def spoiled(rng: random.Random, place: Visited) -> Request:
    """Return a request with something wrong in it."""
    request = rng.choice((_levers, _levers, _asked, _asked, _asked, _brought, _looked))(rng, place)
    if rng.random() < 0.1:
        request.query = f"token={TOKEN}&{request.query}"
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        rng.choice((_path, _query, _header, _header, _method, _body))(rng, request)
    return request


def opened(name: str) -> Request:
    """Return a request for the page of a scenario."""
    return _ours("GET", "/", query=urlencode({"scenario": name}))


def _ours(method: str, path: str, **more: Any) -> Request:
    headers = {"host": "localhost:8642", "x-lazaretto": "1", "cookie": f"lazaretto_person={OWNER}"}
    return Request(method, path, headers=headers, **more)


def _fields(rng: random.Random, place: Visited) -> Fields:
    """Return the fields of a form, some of them spoiled."""
    scenario = place.written["name"] if rng.random() < 0.9 else "chongming-example"
    fields: Fields = [("scenario", scenario)]
    for _ in range(rng.choice((1, 1, 2, 4))):
        name = rng.choice((*SOUND, "place", "set", "set", "scenario", "unknown", SCRIPT, ""))
        value = rng.choice(TEXTS) if rng.random() < 0.4 else SOUND.get(name, "1")
        if name == "set" and rng.random() < 0.7:
            value = mutations.override(rng, place.written)
        fields.append((name, value))
    if rng.random() < 0.1:
        fields += rng.choice((
            [("set", "r0=3")] * 3_000, [(f"x{i}", "1") for i in range(3_000)], [("off", "0")] * 900,
            [("off", str(i)) for i in range(990)], fields * 2, [("set", "r0=3\n" * 900)],
        ))  # fmt: skip
    return fields


def _encoded(fields: Fields) -> str:
    return urlencode([(name, value) for name, value in fields], errors="replace")


def _levers(rng: random.Random, place: Visited) -> Request:
    return _ours("GET", "/", query=_encoded(_fields(rng, place))[:60_000])


def _asked(rng: random.Random, place: Visited) -> Request:
    fields = _fields(rng, place)
    path = rng.choice(("/check", "/check", "/jobs", "/compare"))
    if path == "/compare":
        names = (FINISHED, WAITING, FINISHED.upper(), *TEXTS)
        fields = [("job", rng.choice(names)) for _ in range(rng.choice((0, 1, 2, 2, 3, 900)))]
    request = _ours("POST", path, body=_encoded(fields).encode())
    request.headers["content-type"] = "application/x-www-form-urlencoded"
    if rng.random() < 0.2:
        parts = [(name, None, value.encode("utf-8", "replace")) for name, value in fields]
        _in_parts(rng, request, parts)
    return request


def _brought(rng: random.Random, place: Visited) -> Request:
    spoil = rng.choice((mutations.scenario, mutations.scenario, mutations.scenario, _strange_file))
    name = rng.choice(("mine.yaml", "../../x.yaml", "", "x" * 5_000, "a\x00b", SCRIPT))
    request = _ours("POST", "/bring")
    parts = [(rng.choice(("file",) * 9 + ("files",)), name, spoil(rng, BROUGHT))]
    _in_parts(rng, request, parts * rng.choice((1, 1, 1, 2)))
    return request


def _strange_file(rng: random.Random, text: str) -> bytes:
    return rng.choice((
        b"", b"PK\x03\x04", b"\x89HDF\r\n", text.encode("utf-16"), b"\x00" * 90_000,
        b"# " + b"z" * 99_000, b"z" * 399_000, text.encode() * 30, b"- " * 40_000, b"a: " * 30_000,
        mutations.BOMB.format(key="title").encode() + text.encode(), b"[" * 90_000,
        b"\n".join(b"k%d: {a: [1, {b: 2}]}" % i for i in range(5_000)),
    ))  # fmt: skip


def _looked(rng: random.Random, place: Visited) -> Request:
    job = rng.choice((FINISHED, FINISHED, WAITING, "9" * 32))
    path = rng.choice((
        "/history", f"/runs/{job}", f"/runs/{job}/tables", f"/jobs/{job}", f"/jobs/{job}/shown",
        f"/jobs/{job}/live-figure", f"/folders/{place.run}/report.html", "/static/room.js",
        "/static/dark.css", *(f"/jobs/{job}/files/{name}" for name in (*FILES, "figures.zip", "x")),
    ))  # fmt: skip
    if rng.random() < 0.1:
        return _ours("POST", f"/jobs/{job}/stop")
    query = rng.choice(("", "", "live=1", "keep=1", "lang=zh"))
    return _ours("GET", path, query=query)


def _in_parts(
    rng: random.Random, request: Request, parts: list[tuple[str, str | None, bytes]]
) -> None:
    """Give a request a body of several parts, as browsers send files."""
    made = b""
    for name, file, value in parts:
        named = "" if file is None else f'; filename="{file}"'
        head = f'--xx\r\ncontent-disposition: form-data; name="{name}"{named}\r\n\r\n'
        made += head.encode("utf-8", "replace") + value + b"\r\n"
    codec = f"; charset={rng.choice(CODECS)}" if rng.random() < 0.2 else ""
    request.headers["content-type"] = f"multipart/form-data; boundary=xx{codec}"
    request.body = made + b"--xx--\r\n"


def _path(rng: random.Random, request: Request) -> None:
    request.path = rng.choice(PATHS)
    if rng.random() < 0.3:
        request.path = "/" + quote(rng.choice(TEXTS), errors="replace")


def _query(rng: random.Random, request: Request) -> None:
    more = quote(rng.choice(TEXTS), errors="replace")
    request.query = rng.choice((
        f"lang={more}", f"token={more}", f"live={more}", "&" * 5_000, "=" * 5_000, "%", "%ff=%fe",
        "a=1&" * 3_000, f"scenario={more}", f"keep={more}", f"{more}={more}", request.query + "%80",
    ))  # fmt: skip


def _header(rng: random.Random, request: Request) -> None:
    name, values = rng.choice(HEADERS)
    request.headers[name] = rng.choice(values)
    if rng.random() < 0.1:
        request.headers.pop(rng.choice(sorted(request.headers)))


def _method(rng: random.Random, request: Request) -> None:
    request.method = rng.choice((*METHODS, "GET", "POST"))


def _body(rng: random.Random, request: Request) -> None:
    how = rng.randrange(5)
    if how == 0:
        request.leaves = True
    elif how == 1:
        request.body = rng.choice(BODIES)
    else:
        request.body = mutations.content(rng, request.body)
