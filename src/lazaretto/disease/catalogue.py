"""The variants by name."""

from __future__ import annotations

from lazaretto.disease.cai2022 import OMICRON_CAI_2022
from lazaretto.disease.delta import DELTA
from lazaretto.disease.natural_history import Variant
from lazaretto.disease.omicron import OMICRON_BA1, OMICRON_BA2, OMICRON_BF7
from lazaretto.disease.wild_type import WILD_TYPE

VARIANTS = {v.name: v for v in (WILD_TYPE, DELTA, OMICRON_BA1, OMICRON_BA2, OMICRON_BF7)}

OF_MODELS = {OMICRON_CAI_2022.name: OMICRON_CAI_2022}
"""Natural histories as a published model has them, to repeat that model; no variants of a virus."""


def variants() -> tuple[str, ...]:
    """Return the names of the variants, in the order in which they appeared."""
    return tuple(VARIANTS)


def variant(name: str) -> Variant:
    """Return the natural history of a variant.

    Raises
    ------
    KeyError
        If there is no such variant; the message lists those there are.
    """
    try:
        return VARIANTS[name] if name in VARIANTS else OF_MODELS[name]
    except KeyError:
        raise KeyError(f"no variant {name!r}; there are: {', '.join(VARIANTS)}") from None
