"""Which contacts remain in each tier of confinement."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit, sourced
from lazaretto.words import HOUSEHOLD, LAYERS, TIERS

UNIT = "share of usual contacts"
Remaining = Annotated[Sourced, Unit(UNIT, at_least=0, at_most=1)]

SHAFTS = "Hong Kong fifth wave, flats above each other (Lazaretto behaviour notes 2.2, eq. 12)"
QUEUES = "testing queues and food hand-out; no direct estimate"
OUTSIDE = "residual of all contacts outside the household 0.7-3 % in surveys of 2020"
WORKERS = "essential workers still go out; no direct estimate"
RESTRICTED = "may go out, no gatherings, most work from home; no direct estimate"
SHARED_FLATS = "small shared flats, care within the family; no direct estimate"
NOBODY = "does not leave the flat and is brought food; no direct estimate"
SCHOOLS = "schools taught online in all zones from 12 March 2022"


class LayersLeft(Section):
    """Share of usual contacts left, by layer; contacts in the household are always all left."""

    building: Remaining = Field(description="Share of usual contacts left in the building.")
    compound: Remaining = Field(description="Share of usual contacts left in the compound.")
    school: Remaining = Field(description="Share of usual contacts left at school.")
    workplace: Remaining = Field(description="Share of usual contacts left at work.")
    community: Remaining = Field(description="Share of usual contacts left in the community.")


class TiersLeft(Section):
    """Share of usual contacts left, by tier; in the tier open they are always all left."""

    precaution: LayersLeft = Field(description="Tier 1: stay in the subdistrict, no gatherings.")
    controlled: LayersLeft = Field(description="Tier 2: stay in the compound.")
    sealed: LayersLeft = Field(description="Tier 3: stay at home.")

    def table(self) -> NDArray[np.float64]:
        """Return the share of usual contacts left, (4 tiers, 6 layers)."""
        table = np.ones((len(TIERS), len(LAYERS)))
        for i, tier in enumerate(TIERS[1:], 1):
            for j, layer in enumerate(LAYERS):
                if j != HOUSEHOLD:
                    table[i, j] = getattr(getattr(self, tier), layer)
        return table


def _left(
    building: Sourced, compound: Sourced, school: Sourced, workplace: Sourced, community: Sourced
) -> LayersLeft:
    return LayersLeft(
        building=building,
        compound=compound,
        school=school,
        workplace=workplace,
        community=community,
    )


def _guess(value: float, why: str, low: float | None = None, high: float | None = None) -> Sourced:
    return sourced(value, UNIT, why, "assumed", low, high)


_NO_SCHOOL = _guess(0.0, SCHOOLS)
_PRECAUTION = _left(
    _guess(0.7, RESTRICTED),
    _guess(0.6, RESTRICTED),
    _NO_SCHOOL,
    _guess(0.3, RESTRICTED),
    _guess(0.4, RESTRICTED),
)

RESIDENTS = TiersLeft(
    precaution=_PRECAUTION,
    controlled=_left(
        _guess(0.20, SHAFTS, 0.10, 0.30),
        _guess(0.25, QUEUES, 0.10, 0.40),
        _NO_SCHOOL,
        _guess(0.05, OUTSIDE, 0.0, 0.10),
        _guess(0.05, OUTSIDE, 0.0, 0.10),
    ),
    sealed=_left(
        _guess(0.06, SHAFTS, 0.02, 0.10),
        _guess(0.03, QUEUES, 0.01, 0.05),
        _NO_SCHOOL,
        _guess(0.01, OUTSIDE, 0.0, 0.03),
        _guess(0.01, OUTSIDE, 0.0, 0.03),
    ),
)

ESSENTIAL_WORKERS = TiersLeft(
    precaution=_PRECAUTION.model_copy(
        update={"workplace": _guess(0.8, WORKERS), "community": _guess(0.5, WORKERS)}
    ),
    controlled=_left(
        _guess(0.3, WORKERS),
        _guess(0.3, WORKERS),
        _NO_SCHOOL,
        _guess(0.6, WORKERS),
        _guess(0.3, WORKERS),
    ),
    sealed=_left(
        _guess(0.2, WORKERS),
        _guess(0.15, WORKERS),
        _NO_SCHOOL,
        _guess(0.4, WORKERS),
        _guess(0.2, WORKERS),
    ),
)


_APART = _guess(0.0, NOBODY)


class IsolatedLeft(Section):
    """Share of usual contacts left of a person isolated at home, by layer."""

    household: Remaining = Field(
        default=_guess(1.0, SHARED_FLATS),
        description="Share of usual contacts left in the household.",
    )
    building: Remaining = Field(
        default=_APART, description="Share of usual contacts left in the building."
    )
    compound: Remaining = Field(
        default=_APART, description="Share of usual contacts left in the compound."
    )
    school: Remaining = Field(default=_APART, description="Share of usual contacts left at school.")
    workplace: Remaining = Field(
        default=_APART, description="Share of usual contacts left at work."
    )
    community: Remaining = Field(
        default=_APART, description="Share of usual contacts left in the community."
    )

    def table(self) -> NDArray[np.float64]:
        """Return the share of usual contacts left, shape (6 layers,)."""
        return np.array([float(getattr(self, layer)) for layer in LAYERS])


class Confinement(Section):
    """Share of usual contacts left by tier and layer, for residents and for essential workers.

    Mid values of the ranges in the behaviour notes (2.2, eq. 12) where they give one. Contacts in
    the household are always all left, and so are all contacts in the tier open.
    """

    residents: TiersLeft = Field(default=RESIDENTS, description="Everybody else.")
    essential_workers: TiersLeft = Field(
        default=ESSENTIAL_WORKERS,
        description="Persons whose work goes on: food, care, guards, deliveries.",
    )
    isolated: IsolatedLeft = Field(
        default=IsolatedLeft(), description="A person isolated at home, whatever the tier."
    )

    def isolated_table(self) -> NDArray[np.float64]:
        """Return the share of contacts left of a person isolated at home, shape (6 layers,)."""
        return self.isolated.table()
