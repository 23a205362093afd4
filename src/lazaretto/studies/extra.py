"""What only studies need is an optional extra; where it is missing, the error names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from lazaretto.scenario import Problem, ScenarioError

EXTRA = "lazaretto[studies]"


@contextmanager
def extra_needed(command: str) -> Iterator[None]:
    """Say which extra to install where a package of studies cannot be imported.

    Parameters
    ----------
    command
        What needs it.

    Raises
    ------
    ScenarioError
        If an import fails.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = f"{error.name} is not installed"
        advice = f"install the extra: pip install '{EXTRA}'"
        raise ScenarioError([Problem(command, missing, f"an install of {EXTRA}", advice)]) from None


def needed(name: str) -> Any:  # noqa: ANN401 - a module without types
    """Return a package of the extra.

    Parameters
    ----------
    name
        The package.

    Raises
    ------
    ScenarioError
        If it is not installed; the problem says how to get it.
    """
    with extra_needed(name):
        return import_module(name)
