"""What the reference engine found in the form of the engine's outcome, and draws to repeat."""

from __future__ import annotations

from typing import Any

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from reference_engine import ReferenceEngine
from reference_world import IN_BED
from towns import Outcome


class SameDraws(HypothesisProvider):
    """Hypothesis's own draws without the constants it picks from whatever modules are imported.

    With them the scenarios, and so how often each rule mattered, would hang on which tests ran
    before.
    """

    def _maybe_draw_constant(self, *given: Any, **more: Any) -> None:
        return None


AVAILABLE_PROVIDERS["same-draws"] = f"{__name__}.{SameDraws.__qualname__}"


def outcome_of(reference: ReferenceEngine) -> Outcome:
    """Return what the reference engine found in the form of the engine's outcome."""
    counts = {**reference.counts.arrays(), "longest_stays": reference.longest_stays()}
    held = sorted(reference.isolated.items())
    end = {
        "known": sorted(reference.known),
        "where": reference.where,
        "isolated": [
            (person, stay.reason, stay.since, -1 if stay.bed is None else stay.bed)
            for person, stay in held
        ],
        "in hospital": sorted(p.person for p in reference.patients if p.status == IN_BED),
    }
    return Outcome(reference.infections(), counts, "", end)
