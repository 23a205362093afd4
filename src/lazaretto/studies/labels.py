"""Short names for what a study changes: whole words only."""

from __future__ import annotations

import hashlib
import re

LONGEST = 44
"""Letters of a label as part of the name of a scenario; longer ones would be cut there."""

DIGITS = 6
"""Digits of the digest that stands for what a label leaves out."""


def label(words: str) -> str:
    """Return words, as many whole ones as there is room for and then a digest of them all.

    Parameters
    ----------
    words
        What is changed, such as ``without food_delivery, medical_passes``.
    """
    if _length(words) <= LONGEST:
        return words
    digest = hashlib.sha256(words.encode()).hexdigest()[:DIGITS]
    kept: list[str] = []
    for word in filter(None, re.split(r"[\s,:=\[\]{}]+", words)):
        if _length(" ".join([*kept, word, digest])) > LONGEST:
            break
        kept.append(word)
    return " ".join([*kept, digest])


def _length(words: str) -> int:
    return len(re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-"))
