"""The words every room shares: layers of contact, tiers of confinement, age bands."""

from __future__ import annotations

LAYERS = ("household", "building", "compound", "school", "workplace", "community")
"""Kinds of contact, in the order used by every array with a layer axis."""

HOUSEHOLD, BUILDING, COMPOUND, SCHOOL, WORKPLACE, COMMUNITY = range(6)

SEED = len(LAYERS)
"""Column of infections that were brought in, where infections are counted by layer."""

LAYERS_AND_SEED = (*LAYERS, "seed")

TIERS = ("open", "precaution", "controlled", "sealed")
"""Confinement level of a compound, 0 to 3."""

OPEN, PRECAUTION, CONTROLLED, SEALED = range(4)

AGE_BANDS = (*(f"{a}-{a + 4}" for a in range(0, 85, 5)), "85+")
"""Five-year age bands; the last is open."""
