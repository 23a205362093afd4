"""Would this containment policy hold, and what would it cost the people under it.

>>> import lazaretto as lz
>>> scenario = lz.Scenario.load("shanghai-2022")
>>> scenario.n_days
131

`Scenario.run` simulates it and returns labelled results; see `lazaretto.session`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lazaretto.session import Results, Scenario

__all__ = ["Results", "Scenario", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what is exported, loaded when first asked for
    if name in ("Results", "Scenario"):
        from lazaretto import session

        return getattr(session, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
