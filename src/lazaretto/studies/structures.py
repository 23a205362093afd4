"""The structural alternatives of the model (behaviour notes 2.6), one change at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import xarray as xr

from lazaretto.outcomes.alike import kept, same_runs
from lazaretto.scenario.behaviour import Behaviour
from lazaretto.studies.changes import Changes
from lazaretto.studies.conclusions import Happened, Judged, conclusions
from lazaretto.studies.pairs import How, Pair

CONFIGURED = "as configured"
"""Name of the structure that the scenario has itself."""

ADAPTATION = -0.5
"""Power by which the response to risk fades in the alternative, in the middle of its range."""


class Switch(NamedTuple):
    """A part of the model that can be one way or another.

    Parameters
    ----------
    key
        Key below ``behaviour``.
    usual, other
        Names of the two.
    usual_value, other_value
        Values of the key.
    """

    key: str
    usual: str
    usual_value: object
    other: str
    other_value: object

    def of(self, behaviour: Behaviour) -> bool:
        """Return whether a behaviour has this part the other way already."""
        at: object = behaviour
        for part in self.key.split("."):
            at = getattr(at, part)
        return at is not None if self.usual_value is None else at != self.usual_value


def _part(key: str, name: str) -> Switch:
    return Switch(f"{key}.active", name, True, f"no {name}", False)


SIZE_LAW = Switch(
    "breakouts.size_law",
    "recruitment size law",
    "recruitment",
    "threshold size law",
    "threshold",
)

SWITCHES = (
    Switch("few_active", "lockdown cuts transmission", None, "few active", {}),
    SIZE_LAW,
    Switch("messages.deletion", "per-copy deletion", "per_copy", "canonical deletion", "canonical"),
    _part("fatigue", "fatigue"),
    _part("hardship", "hardship"),
    _part("messages", "information"),
    _part("breakouts", "break-outs"),
    Switch(
        "risk.adaptation",
        "no risk adaptation",
        0.0,
        "risk adaptation",
        {
            "value": ADAPTATION,
            "unit": "power",
            "source": "structural alternative, behaviour notes 2.6 (e)",
            "status": "assumed",
        },
    ),
    _part("leakage", "leakage"),
    Switch("risk.avoidance", "careful people meet fewer", True, "no avoidance in the open", False),
)
"""What is switched, in the order of the behaviour notes."""


class Structure(NamedTuple):
    """A structure of the model and the two policies in it.

    Parameters
    ----------
    name
        Its name: what is other than as configured.
    changed
        The change, such as ``behaviour.fatigue.active=false``.
    pair
        The two policies in it.
    """

    name: str
    changed: str
    pair: Pair


class Tried(NamedTuple):
    """The runs of a structure: what of them is kept.

    Parameters
    ----------
    name, changed
        As of `Structure`.
    policy, less
        What the runs of the two say of themselves.
    results
        Their results, only the variables of `lazaretto.outcomes.alike.JUDGES`.
    conclusions
        In which pairs of runs each conclusion holds.
    same
        Whether both run to the last person as they do as configured: this structure never came
        into play, so nothing was tested by it.
    """

    name: str
    changed: str
    policy: dict[str, object]
    less: dict[str, object]
    results: tuple[xr.Dataset, xr.Dataset]
    conclusions: dict[str, Happened]
    same: bool = False


def with_behaviour(pair: Pair) -> Pair:
    """Return a pair whose scenarios have behaviour, the default one if they have none."""
    if pair.policy.behaviour is not None:
        return pair
    changed = Changes(pair.policy.name, ("behaviour=default",))
    return replace(pair.varied("behaviour", {"behaviour": {}}), changed=changed)


def configured(behaviour: Behaviour) -> tuple[str, ...]:
    """Return the structure that a behaviour has, one name for each switch."""
    return tuple(s.other if s.of(behaviour) else s.usual for s in SWITCHES)


def other_law(behaviour: Behaviour) -> str:
    """Return the name of the structure with the other size law of break-outs."""
    return SIZE_LAW.usual if SIZE_LAW.of(behaviour) else SIZE_LAW.other


def structures(pair: Pair) -> Iterator[Structure]:
    """Yield every structural alternative to a pair's own structure, one change at a time.

    Parameters
    ----------
    pair
        Two scenarios with behaviour.
    """
    behaviour = pair.policy.behaviour
    if behaviour is None:
        raise ValueError("there is no structure to change in a scenario without behaviour")
    for switch in SWITCHES:
        back = switch.of(behaviour)
        name = switch.usual if back else switch.other
        value = switch.usual_value if back else switch.other_value
        key = f"behaviour.{switch.key}"
        yield Structure(name, f"{key}={_in_words(value)}", pair.varied(name, {key: value}))


def try_structures(
    pair: Pair, by: Judged, how: How, own: tuple[xr.Dataset, xr.Dataset] | None = None
) -> list[Tried]:
    """Run a pair of policies under every structural alternative.

    Parameters
    ----------
    pair
        Two scenarios with behaviour.
    by
        What conclusions are judged by.
    how
        How runs are made.
    own
        Results of the two as configured: structures that made no difference are marked.
    """
    every = list(structures(pair))
    tried = []
    for number, structure in enumerate(every, 1):
        of = f"structure {number} of {len(every)}, {structure.name}"
        policy, less = how.run_pair(structure.pair, of, structure.changed, pair.policy.name)
        results = kept(policy.results), kept(less.results)
        tried.append(
            Tried(
                structure.name,
                structure.changed,
                policy.summary,
                less.summary,
                results,
                conclusions(*results, by),
                own is not None and all(map(same_runs, own, results)),
            )
        )
    return tried


def _in_words(value: object) -> str:
    """Return a value as a scenario file writes it."""
    if isinstance(value, dict):
        return str(value.get("value", "default"))
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)
