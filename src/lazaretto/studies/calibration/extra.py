"""The libraries that only calibration needs, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lazaretto.scenario import Problem, ScenarioError

NEEDED = ("pyabc", "arviz", "scoringrules")


def needed(name: str) -> Any:  # noqa: ANN401 - a module without types
    """Return a library of the extra ``lazaretto[studies]``.

    Raises
    ------
    ScenarioError
        If it is not installed; the problem says how to get it.
    """
    try:
        return import_module(name)
    except ImportError:
        allowed = "the libraries of lazaretto[studies]"
        advice = "pip install 'lazaretto[studies]'"
        raise ScenarioError([Problem(name, "not installed", allowed, advice)]) from None
