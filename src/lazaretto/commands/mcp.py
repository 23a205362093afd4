"""The command that answers agents: a server of the Model Context Protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lazaretto.console import complain, problems_shown


def serve_agents(
    folder: Annotated[
        Path, typer.Option("--folder", metavar="DIR", help="Where it works and keeps runs.")
    ] = Path(),
) -> None:
    """Answer agents over standard input and output (Model Context Protocol), until it is closed.

    Tools: known, check, run, compare, by_day, inspect. See docs/agents.md.
    """
    with problems_shown():
        if not folder.is_dir():
            raise NotADirectoryError(20, "no folder", str(folder))
        try:
            from lazaretto.agents.server import server
        except ModuleNotFoundError:
            complain("lazaretto mcp needs its extra\n    do: pip install 'lazaretto[agents]'")
            raise typer.Exit(1) from None
    server(folder.resolve()).run("stdio")
