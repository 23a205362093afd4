"""How people respond to confinement: adherence, fatigue, hardship, perceived risk, trust."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lazaretto.scenario.breakouts import Breakouts
from lazaretto.scenario.messages import Messages
from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit, sourced

SHARE = "share"
LOGIT = "logit"
LOGIT_PER = "logit per unit"

Share = Annotated[Sourced, Unit(SHARE, at_least=0, at_most=1)]
Days = Annotated[Sourced, Unit("days", above=0, at_most=1000)]
Effect = Annotated[Sourced, Unit(LOGIT_PER, at_least=0, at_most=10)]
Spread = Annotated[Sourced, Unit(LOGIT, at_least=0, at_most=3)]

NOTES = "Lazaretto behaviour notes 2.3"

TIER_WEIGHT = (0.0, 0.3, 0.6, 1.0)
"""Weight of a day at each tier in fatigue, trust and hardship (behaviour notes 2.2, eq. 1)."""


PARTS = ("leakage", "fatigue", "hardship", "risk", "trust", "breakouts", "messages")
"""Parts of behaviour that can be turned off."""


class Coupling(Section):
    """A part of behaviour that can be turned off; off, it changes nothing anywhere."""

    active: bool = Field(default=True, description="Whether this part of behaviour works at all.")


class Leakage(Coupling):
    """Private leakage: going out or receiving others although the tier does not allow it."""

    at_start: Annotated[Sourced, Unit("share/day", above=0, at_most=0.5)] = Field(
        default=sourced(0.05, "share/day", f"{NOTES}, derived from contact surveys of 2020; 2022 "
                        "may have been higher", "assumed", 0.01, 0.12),
        description="Mean share of adults who leak on the first day of confinement.",
    )  # fmt: skip
    habit: Share = Field(
        default=sourced(0.5, SHARE, "no source", "assumed", 0.0, 1.0),
        description="Share of decisions that hold for a week instead of a day.",
    )
    spread_compound: Spread = Field(
        default=sourced(0.6, LOGIT, f"{NOTES}; spatial concentration", "assumed", 0.3, 1.2),
        description="Standard deviation between compounds.",
    )
    spread_household: Spread = Field(
        default=sourced(0.5, LOGIT, f"{NOTES}; repeated addresses", "assumed", 0.3, 1.2),
        description="Standard deviation between households of a compound.",
    )
    spread_person: Spread = Field(
        default=sourced(0.8, LOGIT, f"{NOTES}", "assumed", 0.3, 1.2),
        description="Standard deviation between persons of a household.",
    )
    visits_building: Share = Field(
        default=sourced(0.3, SHARE, "Lazaretto behaviour notes 2.2, eq. 12", "assumed", 0.1, 0.6),
        description="Share of contacts in the building that are visits: one of the two leaks.",
    )
    visits_compound: Share = Field(
        default=sourced(0.2, SHARE, "Lazaretto behaviour notes 2.2, eq. 12", "assumed", 0.05, 0.5),
        description="The same of contacts in the compound.",
    )
    visits_elsewhere: Share = Field(
        default=sourced(0.1, SHARE, "Lazaretto behaviour notes 2.2, eq. 12", "assumed", 0.0, 0.3),
        description="The same of contacts at school, at work and in the community.",
    )


class Fatigue(Coupling):
    """Fatigue: builds up with confinement, saturates, and fades after release."""

    half_life: Days = Field(
        default=sourced(21, "days", "deceleration in Petherick et al. 2021 (doi "
                        "10.1038/s41562-021-01181-x); reproduces Delussu et al. 2022 (doi "
                        "10.1371/journal.pdig.0000035)", "fitted", 14, 42),
        description="Days sealed after which half of the way to full fatigue is gone.",
    )  # fmt: skip
    recovery: Days = Field(
        default=sourced(10, "days", "'Resetting public adherence' (HAL hal-04923189), which is "
                        "qualitative", "assumed", 4, 30),
        description="Days after release after which half of the fatigue is left.",
    )  # fmt: skip
    effect: Effect = Field(
        default=sourced(0.8, LOGIT_PER, "derived from Delussu et al. 2022: 1.69 points a week "
                        "sealed, 0.63 in light tiers", "fitted", 0.3, 2.0),
        description="Effect of full fatigue on leakage, of an average person.",
    )  # fmt: skip
    spread: Annotated[Sourced, Unit("sd of ln", at_least=0, at_most=2)] = Field(
        default=sourced(0.6, "sd of ln", "about 1 in 7 declines much: Wright et al. 2021 (doi "
                        "10.1101/2021.04.13.21255336)", "fitted", 0.4, 1.0),
        description="How much persons differ in the effect of fatigue (log-normal, mean 1).",
    )  # fmt: skip


class Hardship(Coupling):
    """Hardship: food that runs out, care that is not had, income that is lost."""

    effect: Effect = Field(
        default=sourced(1.0, LOGIT_PER, f"{NOTES}; weak: cross-section only", "assumed", 0.3, 2.0),
        description="Effect of full hardship on leakage.",
    )
    food_weight: Share = Field(
        default=sourced(0.6, SHARE, "no source", "assumed", 0.3, 1.0),
        description="Hardship of a week without food.",
    )
    care_weight: Share = Field(
        default=sourced(0.3, SHARE, "no source", "assumed", 0.1, 0.6),
        description="Hardship of medical care that is needed and not had.",
    )
    income_weight: Share = Field(
        default=sourced(0.3, SHARE, "no source", "assumed", 0.1, 0.6),
        description="Hardship of having lost all income.",
    )
    stock_days: Days = Field(
        default=sourced(6, "days", "tuned with the deliveries so that 70 % of respondents had some "
                        "food insecurity in two months (Liu Y. 2023 Glob Public Health "
                        "18:2246066)", "fitted", 3, 12),
        description="Mean days of food in a household of middle income when it is confined.",
    )  # fmt: skip
    stock_spread: Annotated[Sourced, Unit("share of mean", at_least=0, at_most=2)] = Field(
        default=sourced(0.35, "share of mean", "tuned to an odds ratio of food insecurity of the "
                        "well prepared of 0.66 (Liu Y. 2023), 0.55 here", "fitted", 0.2, 0.8),
        description="How much households of one kind differ in the food at home (standard "
        "deviation).",
    )  # fmt: skip
    deliveries: Annotated[Sourced, Unit("per day", at_least=0, at_most=1)] = Field(
        default=sourced(0.22, "per day", "tuned with the stock at home, as above", "fitted",
                        0.05, 0.5),
        description="Chance a day that food reaches a confined household of middle income.",
    )  # fmt: skip
    delivery_days: Annotated[Sourced, Unit("days", at_least=1, at_most=10, whole=True)] = Field(
        default=sourced(5, "days", "no source", "assumed", 3, 7),
        description="Days of food that one delivery brings, days.",
    )
    poorest: Annotated[Sourced, Unit("ratio", above=0, at_most=1)] = Field(
        default=sourced(0.7, "ratio", "tuned, with the income lost by the poorest, to an odds "
                        "ratio of food insecurity after loss of income of 2.6 to 3.1 (Liu Y. "
                        "2023), 2.1 here", "fitted", 0.3, 1.0),
        description="Stock and deliveries of the poorest fifth relative to the middle one.",
    )  # fmt: skip
    migrants: Annotated[Sourced, Unit("ratio", above=0, at_most=1)] = Field(
        default=sourced(0.86, "ratio", "tuned to an odds ratio of food insecurity of migrants of "
                        "2.1 to 2.7 (Liu Y. 2023), 2.3 here", "fitted", 0.3, 1.0),
        description="Stock and deliveries of migrants relative to others.",
    )  # fmt: skip
    migrant_share: Share = Field(
        default=sourced(0.42, SHARE, "10.48 of 24.87 million residents of Shanghai without local "
                        "registration, census of 2020; recalled, unverified", "assumed"),
        description="Share of households that are migrants.",
    )  # fmt: skip
    care_need: Annotated[Sourced, Unit("per day", at_least=0, at_most=1)] = Field(
        default=sourced(0.02, "per day", "50 million outpatient visits a quarter per 24.9 million "
                        "residents: 23.5 million were 47 % of them (Xiao et al. 2023, doi "
                        "10.1038/s43856-023-00375-w)", "fitted"),
        description="Chance a day that a resident needs care outside home.",
    )  # fmt: skip
    care_had: Share = Field(
        default=sourced(0.3, SHARE, "no source", "assumed", 0.1, 0.8),
        description="Share of needed care that is had in confinement without a pass.",
    )
    income_lost: Share = Field(
        default=sourced(0.5, SHARE, "no source; 54 % of the income of a city in full lockdown "
                        "(Chen J. 2025, doi 10.1016/j.jue.2024.103729)", "assumed", 0.2, 0.8),
        description="Share of income lost in confinement by households of middle income.",
    )  # fmt: skip
    poorest_loss: Annotated[Sourced, Unit("ratio", at_least=1, at_most=2)] = Field(
        default=sourced(1.6, "ratio", "no source; the odds ratio after loss of income follows from "
                        "it and from the food of the poorest", "assumed", 1.0, 2.0),
        description="Income lost by the poorest fifth relative to the middle one.",
    )  # fmt: skip
    segregation: Share = Field(
        default=sourced(0.3, SHARE, "no source", "assumed", 0.0, 0.6),
        description="Share of the variance of income that lies between compounds.",
    )


class Risk(Coupling):
    """Perceived risk: reported cases make people careful, in confinement and in the open."""

    effect: Effect = Field(
        default=sourced(0.68, LOGIT_PER, "Du et al. 2022 (doi 10.1073/pnas.2213313119): +3.77 "
                        "points avoid gatherings for 100 cases a day more in 7.5 million",
                        "fitted", 0.2, 1.2),
        description="Effect of perceived risk, ln(1 + incidence / reference).",
    )  # fmt: skip
    reference: Annotated[Sourced, Unit("cases/100,000/day", above=0)] = Field(
        default=sourced(5, "cases/100,000/day", NOTES, "assumed"),
        description="Reported incidence at which risk is felt (I0).",
    )
    own_district: Share = Field(
        default=sourced(0.5, SHARE, "no source", "assumed", 0.0, 1.0),
        description="Weight of reports of the own district; the rest is the whole place.",
    )
    avoiders: Share = Field(
        default=sourced(0.6, SHARE, "61.3 % avoided crowded places in Hong Kong on 20-23 January "
                        "2020, before the first case there (Cowling et al. 2020, doi "
                        "10.1016/S2468-2667(20)30090-6; recalled); of spring 2022 not known",
                        "assumed", 0.3, 0.75),
        description="Share of residents who avoid meetings when no case is reported, already in "
        "the contact rates.",
    )  # fmt: skip
    most_avoided: Share = Field(
        default=sourced(0.5, SHARE, "Hong Kong: trips were down by 34 % in the week to 9 February "
                        "2022 (about 15 cases/100,000/day, bars shut), by 63 % at most, in summer "
                        "2020 under orders (Apple mobility, as reported by Bloomberg, "
                        "9 February 2022)", "assumed", 0.3, 0.63),
        description="Share of usual outings that residents give up of their own accord at most.",
    )  # fmt: skip
    avoidance: bool = Field(
        default=True, description="Whether risk reduces contacts outside confinement as well."
    )
    adaptation: Annotated[Sourced, Unit("power", at_least=-2, at_most=0)] = Field(
        default=sourced(0, "power", "Heinlein and De Domenico 2023 (arXiv:2309.15015) find less "
                        "than 0 over months", "assumed", -1, 0),
        description="How the response fades: (1 + days / 30) to this power.",
    )  # fmt: skip


class Trust(Coupling):
    """Trust in the authorities: falls with confinement, less where information is accurate."""

    effect: Effect = Field(
        default=sourced(0.5, LOGIT_PER, "Petherick et al. 2021 (direction)", "assumed", 0, 1.5),
        description="Effect on leakage of a loss of trust by one standard deviation.",
    )
    loss_40_days: Share = Field(
        default=sourced(0.0777, SHARE, "Zhao, Wang and Ye 2024 (doi 10.1016/j.jce.2024.11.002)",
                        "measured", 0.05, 0.11),
        description="Trust lost in 40 days in which everybody is sealed.",
    )  # fmt: skip
    spread: Annotated[Sourced, Unit("share of mean", above=0, at_most=2)] = Field(
        default=sourced(0.25, "share of mean", "no source", "assumed", 0.15, 0.4),
        description="Standard deviation of trust between persons.",
    )
    recovery: Days = Field(
        default=sourced(180, "days", "no source", "assumed", 60, 720),
        description="Mean days to regain trust.",
    )
    information_restores: Share = Field(
        default=sourced(0.5, SHARE, "Zhai and Han 2023 (PMC10071188; direction)", "assumed", 0, 1),
        description="Share of the loss that perfectly accurate, timely information prevents.",
    )
    information: Share = Field(
        default=sourced(0.3, SHARE, "no source", "assumed", 0, 1),
        description="Accuracy and timeliness of official information without a measure.",
    )


class FewActive(Section):
    """The reading of Hu et al. 2023: few people were active at all, and lockdown cut little."""

    share: Annotated[Sourced, Unit(SHARE, above=0, at_most=1)] = Field(
        default=sourced(0.27, SHARE, "Hu et al. 2023 PLoS ONE", "fitted"),
        description="Share of households that meet others at all.",
    )
    left_in_lockdown: Share = Field(
        default=sourced(0.76, SHARE, "1.3 / 1.7: R0 with and before lockdown, Hu et al. 2023",
                        "fitted"),
        description="Share of contacts outside the household left in tiers 2 and 3.",
    )  # fmt: skip


class Behaviour(Section):
    """How people respond to confinement, and what spreads among them.

    Symbols and priors are those of the behaviour notes; a prior is given as low and high of the
    number it belongs to.
    """

    leakage: Leakage = Field(default=Leakage(), description="Private leakage.")
    fatigue: Fatigue = Field(default=Fatigue(), description="Fatigue.")
    hardship: Hardship = Field(default=Hardship(), description="Food, care and income.")
    risk: Risk = Field(default=Risk(), description="Perceived risk.")
    trust: Trust = Field(default=Trust(), description="Trust in the authorities.")
    breakouts: Breakouts = Field(default=Breakouts(), description="Collective defiance.")
    messages: Messages = Field(default=Messages(), description="What spreads among people.")
    enforcement: Annotated[Sourced, Unit("units", at_least=0, at_most=5)] = Field(
        default=sourced(0, "units", "a condition of the society under study", "assumed"),
        description="Strength of enforcement, a condition that no study may search.",
    )
    enforcement_effect: Effect = Field(
        default=sourced(0.5, LOGIT_PER, f"{NOTES}; not identified", "assumed", 0, 1.5),
        description="Effect of a unit of enforcement against leakage.",
    )
    few_active: FewActive | None = Field(
        default=None, description="The alternative reading of Hu et al. 2023; none if absent."
    )

    def parts_off(self) -> tuple[str, ...]:
        """Return the names of the parts that are turned off."""
        return tuple(part for part in PARTS if not getattr(self, part).active)

    def parts_at_work(self) -> tuple[str, ...]:
        """Return the names of the parts of which a run can show something.

        Messages are about break-outs or begin by themselves: without either there are none.
        """
        told = self.breakouts.active or bool(self.messages.seeded)
        off = self.parts_off()
        return tuple(part for part in PARTS if part not in off and (part != "messages" or told))
