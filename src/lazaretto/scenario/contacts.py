"""Who meets whom, how often, and how much a meeting counts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit, sourced
from lazaretto.scenario.written import PathText
from lazaretto.words import LAYERS

RATE, WEIGHT = "contacts/day", "relative to a contact at work"
MISTRY = "Mistry et al. 2021 Nat Commun 12:323; doi 10.1038/s41467-020-20544-y"
SPLIT = f"part of the 2.79 community contacts of {MISTRY}; the split is a guess"

Rate = Annotated[Sourced, Unit(RATE, at_least=0)]
Weight = Annotated[Sourced, Unit(WEIGHT, at_least=0)]
Share = Annotated[Sourced, Unit("share", at_least=0, at_most=1)]


class LayerContacts(Section):
    """Contacts of one layer in normal times."""

    rate: Rate = Field(description="Mean contacts per day of a member of the layer, contacts/day.")
    weight: Weight = Field(
        description="Transmission per contact, relative to a contact at work (weight 1)."
    )


class CommunityContacts(LayerContacts):
    """Contacts of the community, which may depend on age."""

    by_age: PathText | None = Field(
        default=None,
        min_length=1,
        description=(
            "Contacts by age: cai2022, or the path of a CSV with the columns age_of_participant, "
            "age_of_contact and contacts_per_day_mean. Only their proportions count, the rate is "
            "the mean over residents. Ages meet at random if absent."
        ),
    )


def _layer(rate: Sourced, weight: float, why: str, note: str = "") -> LayerContacts:
    status = "fitted" if note else "assumed"
    return LayerContacts(rate=rate, weight=sourced(weight, WEIGHT, why, status, note=note))  # type: ignore[arg-type]


FLEETING = "shorter and more distant than a contact at work"


class Contacts(Section):
    """Contacts by layer: rates, transmission per contact, and where contacts are found."""

    household: LayerContacts = Field(
        default=_layer(
            sourced(4.11, RATE, MISTRY, "measured"),
            0.5,
            "household secondary attack rate of BA.2, 0.429 (0.343-0.518), PMC10959284 table 2",
            "by hand: at R0 7 in Shanghai a member infects another with chance 0.43 directly; with "
            "tertiary cases the attack rate is 0.58, between 0.43 and the 0.77 of Wei et al. 2023; "
            "below 1 because the same two or three persons are met again and again",
        ),
        description=(
            "Members of the same household; the rate is that of a household of two and goes as "
            "(n - 1) to the power of 1 minus the exponent."
        ),
    )
    building: LayerContacts = Field(
        default=_layer(sourced(0.25, RATE, SPLIT, "assumed"), 0.7, FLEETING),
        description="Other households of the same building: stairs, lift, shafts.",
    )
    compound: LayerContacts = Field(
        default=_layer(sourced(0.45, RATE, SPLIT, "assumed"), 0.7, FLEETING),
        description="Other buildings of the same compound: gate, yard, queue.",
    )
    school: LayerContacts = Field(
        default=_layer(
            sourced(11.41, RATE, MISTRY, "measured"),
            1.0,
            "taken as a contact at work; that children are less susceptible is counted apart",
        ),
        description="Pupils and staff of the same school; the rate is that of a member.",
    )
    workplace: LayerContacts = Field(
        default=_layer(sourced(8.07, RATE, MISTRY, "measured"), 1.0, "by definition"),
        description="Persons of the same workplace; the rate is that of a member.",
    )
    community: CommunityContacts = Field(
        default=CommunityContacts(
            **dict(
                _layer(
                    sourced(
                        2.09,
                        RATE,
                        MISTRY,
                        "assumed",
                        note="2.79 less the 0.25 and 0.45 given to building and compound",
                    ),
                    0.7,
                    FLEETING,
                )
            )
        ),
        description="Anybody met elsewhere: shops, transport, streets.",
    )
    household_size_exponent: Annotated[Sourced, Unit("exponent", at_least=0, at_most=1)] = Field(
        default=sourced(
            0.8,
            "exponent",
            "Cauchemez et al. 2004 Stat Med (influenza); doi 10.1002/sim.1912",
            "measured",
            note="recalled, not re-read here",
        ),
        description=(
            "The contact rate of a pair in a household of n persons goes as (n - 1) to the power "
            "of minus this exponent."
        ),
    )
    own_subdistrict: Share = Field(
        default=sourced(
            0.5, "share", "daily life is local; no table of short trips was found", "assumed"
        ),
        description=(
            "Share of community contacts that are made in the own subdistrict; the rest are made "
            "in districts by gravity."
        ),
    )

    def layers(self) -> tuple[LayerContacts, ...]:
        """Return the contacts of every layer, in the order of `lazaretto.words.LAYERS`."""
        return tuple(getattr(self, name) for name in LAYERS)
