"""Names over and beside the columns of a table, broken where a reader would break them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.table import Table

PIECES = re.compile(r"\d{4}-\d\d-\d\d|[^\s\-._/=,]*[\-._/=,]+|[^\s\-._/=,]+|\s+")
"""Pieces of a name: a line may end after - . _ / = or a comma, never within a date."""

BETWEEN = 3
"""Letters that a column takes besides what stands in it: two of padding, one between columns."""

LABELS = 24
"""Letters that are left to the first column, the words of which are never cut at this width."""

LEAST, MOST = 10, 22
"""Letters that a name over a column has at least and at most, where its pieces are short enough."""


def broken(name: str, letters: int) -> str:
    """Return a name in lines of at most so many letters, longer only where one piece is.

    Parameters
    ----------
    name
        The name, as ``lockdown-14-days-earlier`` or ``measures.seal.from``.
    letters
        Letters of a line.
    """
    lines = [""]
    for piece in PIECES.findall(name):
        if lines[-1].strip() and len(lines[-1]) + len(piece.rstrip()) > letters:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
            piece = piece.lstrip()
        lines[-1] += piece
    return "\n".join(line for line in lines if line.strip())


def letters_over(width: int, columns: int, taken: int = 0) -> int:
    """Return how many letters a name over each of some columns may have, side by side.

    Parameters
    ----------
    width
        Letters of the terminal.
    columns
        Columns that share what the labels at the left leave.
    taken
        Letters that further columns take.
    """
    left = width - LABELS - taken - BETWEEN * (columns + 1)
    return min(max(left // max(columns, 1), LEAST), MOST)


def numbers_whole(table: Table) -> None:
    """Let the first column of a table give way, at spaces, before any number is cut."""
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True


def wide(rows: Sequence[Sequence[str]]) -> int:
    """Return how many letters a table of these cells needs, its headings among them."""
    columns = zip(*rows, strict=True)
    return sum(
        BETWEEN + max(len(line) for cell in column for line in (cell.split("\n") or [""]))
        for column in columns
    )
