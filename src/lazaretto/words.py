"""The words every room shares: layers of contact, tiers of confinement, age bands."""

from __future__ import annotations

import re
import unicodedata

LAYERS = ("household", "building", "compound", "school", "workplace", "community")
"""Kinds of contact, in the order used by every array with a layer axis."""

HOUSEHOLD, BUILDING, COMPOUND, SCHOOL, WORKPLACE, COMMUNITY = range(6)

SEED = len(LAYERS)
"""Column of infections that were brought in, where infections are counted by layer."""

FACILITY, BUS, TRAVEL = SEED + 1, SEED + 2, SEED + 3
"""Columns of infections caught in an isolation facility, on the bus to it, and of travellers."""

ORIGINS = (*LAYERS, "seed", "facility", "bus", "travel")
"""Where infections come from: contact layers, arrivals, isolation facilities, buses, and travel:
caught in another city, or from a visitor."""

TIERS = ("open", "precaution", "controlled", "sealed")
"""Confinement level of a compound, 0 to 3."""

OPEN, PRECAUTION, CONTROLLED, SEALED = range(4)

AGE_BANDS = (*(f"{a}-{a + 4}" for a in range(0, 85, 5)), "85+")
"""Five-year age bands; the last is open."""

FOUND_WHERE = ("facility", "home isolation", "sealed", "controlled", "precaution", "open")
"""Where a case was when it was found; the last four are tiers of the building."""

SAMPLED_FOR = ("symptoms", "screening", "antigen screening", "contact", "isolation")
"""Why a sample was taken."""

HELD_AS = ("case", "false positive", "contact", "second contact", "companion")
"""Why a person is isolated; a companion is an adult who goes along with a child."""

HELD_WHERE = ("home", "facility")
"""Where a person is isolated."""

CARE = ("ward", "icu")
"""Levels of hospital care."""

DOSES = ("none", "1", "2", "3 or more")
"""Vaccine doses, as outcomes are counted."""

PLATFORMS = ("messaging", "social", "news", "foreign")
"""Where messages are copied and seen."""

INCOMES = ("poorest fifth", "second fifth", "third fifth", "fourth fifth", "richest fifth")
"""Income class of a household."""

BREAKOUT_ENDS = ("conceded", "repressed", "resealed")
"""How a break-out ends."""

BREAKOUT_SIZES = ("1-9", "10-99", "100-999", "1,000 or more")
"""Participants of a break-out."""

GROUPS = ("migrants", "65 and over, living alone")
"""Groups on whom confinement may fall harder; beside age and income."""

MIGRANTS = ("others", "migrants")
"""Whether a household is registered here."""

LONGEST_SLUG = 48


def slug(text: str, longest: int = LONGEST_SLUG) -> str:
    """Return a text as a part of a name: letters and digits by hyphens, whole words, maybe none.

    Parameters
    ----------
    text
        As it is written: ``"Jing'an"`` gives ``jingan``.
    longest
        Letters at most.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("'", "")).strip("-")
    if len(plain) <= longest:
        return plain
    return plain[: longest + 1].rpartition("-")[0] or plain[:longest]
