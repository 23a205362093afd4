"""Several policies beside one, as one HTML file without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import xarray as xr

from lazaretto.report.page import dark_rules, drawn, template
from lazaretto.report.virus_and_policy import virus_and_policy_figures
from lazaretto.whole_files import write_whole

Lines = Sequence[Sequence[str]]


class SeveralShown(NamedTuple):
    """What the page says in words and numbers, ready to be written.

    ``title``, ``subtitle`` and ``aim`` in words; ``amounts``, a line for each kind with a cell for
    each policy; ``spared`` by heading, a line for each group with a cell for each policy but the
    first; ``differs`` by policy; ``pairing`` with policy, kind, ratio and words in each line.
    """

    title: str
    subtitle: str
    aim: str
    amounts: Lines
    spared: Mapping[str, Lines]
    differs: Mapping[str, str]
    pairing: Lines


def several_page(policies: Mapping[str, xr.Dataset], shown: SeveralShown, path: Path) -> Path:
    """Write the page and return its path.

    Parameters
    ----------
    policies
        Labelled results by the name of the policy, the one the others are held against first.
    shown
        What it says besides.
    path
        The file; an existing one is replaced once the new one is complete.
    """
    html = template("several.html.j2").render(
        policies=list(policies),
        figures=[drawn(figure) for figure in virus_and_policy_figures(policies)],
        dark=dark_rules(),
        **shown._asdict(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, html)
    return path
