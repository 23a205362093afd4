"""The command that opens the control room."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import Annotated

import typer

from lazaretto.commands.options import RunFolders
from lazaretto.console import complain, out, problems_shown

TOKEN = "LAZARETTO_TOKEN"  # noqa: S105 - the name of a variable
"""Variable of the environment that may hold the token."""


def serve_room(
    scenarios: Annotated[
        list[Path] | None,
        typer.Argument(help="Scenario files of your own, to be offered beside the library."),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; this machine only if absent.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")
    ] = 8642,
    folder: RunFolders = Path("runs"),
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Runs made at the same time; each uses "
                          "all cores.")
    ] = 1,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="NAME", help="Host name it is reached by, behind a proxy; "
                     "then a token is needed."),
    ] = None,
    largest: Annotated[
        int, typer.Option("--largest", min=1, help="Residents of a place at most.")
    ] = 100_000_000,
    keep: Annotated[
        int | None, typer.Option("--keep", metavar="DAYS", min=1, max=36_500, help="Days after "
                                 "which a job that has ended is no longer listed; its run stays. "
                                 "Always listed if absent."),
    ] = None,
) -> None:  # fmt: skip
    """Open the control room: move levers in a browser, see both pans of the scale.

    Beyond this machine it needs the token it prints, and TLS by a proxy in front of it; see
    docs/control-room.md.
    """
    with problems_shown():
        try:
            import uvicorn

            from lazaretto.studies.lock import alone_in
            from lazaretto.web.app import application
            from lazaretto.web.guarding import LOOPBACK, Door, new_token
            from lazaretto.web.room import Room
        except ModuleNotFoundError as missing:
            complain(f"lazaretto serve needs its extra ({missing.name} is missing)\n"
                     "    do: pip install 'lazaretto[web]'")  # fmt: skip
            raise typer.Exit(1) from None
        room = Room(folder.resolve(), tuple(scenarios or ()), workers, largest, keep)
        alone = host in LOOPBACK and not name
        token = "" if alone else (os.environ.get(TOKEN) or new_token())
        if token and not re.fullmatch(r"[A-Za-z0-9_-]{12,200}", token):
            complain(f"{TOKEN} is not taken: 12 to 200 letters, digits, - and _ are allowed\n"
                     "    do: leave it out, and a token is made")  # fmt: skip
            raise typer.Exit(2)
        known = tuple(each.lower() for each in name or ())
        names = (*LOOPBACK, *known) if host in LOOPBACK or name else ()
        listening = _listening(host, port)
    given, took = listening.getsockname()[:2]
    shown = f"[{given}]" if ":" in given else given
    address = f"http://{shown}:{took}/" + (f"?token={token}" if token else "")
    out.print(f"Control room: {address}", markup=False, soft_wrap=True)
    out.print(f"runs and jobs are kept in {room.folder}; Ctrl-C closes the room", soft_wrap=True)
    if not alone:
        complain(
            "It can be reached from beyond this machine. Whoever has the token can run what they "
            "like here.\nThe connection is not encrypted: put a proxy with TLS in front of it, see "
            "docs/control-room.md."
        )
    settings = uvicorn.Config(
        application(room, Door(token, names)), log_level="warning", access_log=False,
        server_header=False, timeout_keep_alive=15, limit_concurrency=500, ws="none",
        timeout_graceful_shutdown=3,
    )  # fmt: skip
    with problems_shown(), alone_in(room.folder / "room"):
        uvicorn.Server(settings).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens, or leave with what is wrong."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except (OSError, OverflowError) as error:
        made.close()
        said = getattr(error, "strerror", None) or error
        advice = "close what listens there, or give another --port (0 takes a free one)"
        complain(f"--host {host} --port {port}: {said}\n    do: {advice}")
        raise typer.Exit(2) from None
    made.listen(128)
    return made
