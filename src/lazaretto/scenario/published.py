"""Published basic reproduction numbers, for a scenario that gives none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lazaretto.provenance import Figure
from lazaretto.scenario.nation import NATION

UNIT = "infections"
NOT_GIVEN = "r0 of the disease, as the scenario gives none"

PUBLISHED_R0 = {
    "wild-type": Figure(
        2.5, UNIT, "Li Q et al. 2020 NEJM, Wu 2020 Lancet; doi 10.1056/NEJMoa2001316", "measured",
        2.0, 3.2,
    ),
    "delta": Figure(
        5.1, UNIT, "Liu and Rocklöv 2021 J Travel Med 28:taab124; doi 10.1093/jtm/taab124",
        "measured", 3.2, 8.0,
    ),
    "omicron-ba1": Figure(
        9.5, UNIT, "Liu and Rocklöv 2022 J Travel Med 29:taac037; doi 10.1093/jtm/taac037",
        "measured", 5.5, 24.0,
    ),
    "omicron-ba2": Figure(
        7.0, UNIT, "between Cai et al. 2022 for vaccinated Shanghai without strict measures (3.9; "
        "doi 10.1038/s41591-022-01855-7) and BA.1 reviews (9.5; doi 10.1093/jtm/taac037)",
        "assumed", 3.9, 9.5,
    ),
    "omicron-bf7": Figure(
        8.0, UNIT, "Leung et al. 2023 Nat Med 29:579 give 3.44 (2.82-4.14) under measures in "
        "Beijing (doi 10.1038/s41591-023-02212-y), a lower bound; upper end as the reviews of BA.1",
        "assumed", 3.44, 12.0,
    ),
}  # fmt: skip
"""By disease; the room ``disease``, which a scenario cannot ask, has the same (tested)."""


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scenario as written with a title and an r0 where it has none.

    The title is its name. The r0 is that of the disease; measured elsewhere, it counts as assumed.

    Parameters
    ----------
    given
        The scenario as nested mappings.
    """
    filled = dict(given)
    if filled.get("place") == NATION and filled.get("nation") is None:
        filled["nation"] = {}
    if "title" not in filled and isinstance(filled.get("name"), str):
        filled["title"] = filled["name"]
    disease = filled.get("disease")
    if "r0" not in filled and isinstance(disease, str) and disease in PUBLISHED_R0:
        known = PUBLISHED_R0[disease]
        filled["r0"] = {
            "value": known.value,
            "unit": known.unit,
            "source": f"{NOT_GIVEN}: {known.source}",
            "status": "assumed",
            "low": known.low,
            "high": known.high,
        }
    return filled
