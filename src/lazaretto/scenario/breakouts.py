"""Break-outs: residents of a compound leave confinement together."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit, sourced

SHARE = "share"
Share = Annotated[Sourced, Unit(SHARE, at_least=0, at_most=1)]
Days = Annotated[Sourced, Unit("days", above=0, at_most=365)]
Effect = Annotated[Sourced, Unit("ln per unit", at_least=0, at_most=10)]

NOTES = "Lazaretto behaviour notes"
DISSENT = "China Dissent Monitor, issues 1 and 2 (Freedom House)"


class Breakouts(Section):
    """Ignition, size and outcome of break-outs (behaviour notes 2.2, eq. 7 to 9)."""

    active: bool = Field(default=True, description="Whether there are break-outs at all.")
    ignition: Annotated[Sourced, Unit("per 1,000 residents/day", at_least=0, at_most=1)] = Field(
        default=sourced(5e-5, "per 1,000 residents/day", f"{NOTES} 2.3: dozens of reports in about "
                        "24,000 units over 60 days", "assumed", 1e-5, 3e-4),
        description="Break-outs that nothing else set off, at usual fatigue and hardship (mu0).",
    )  # fmt: skip
    local: Annotated[Sourced, Unit("break-outs", at_least=0, at_most=0.95)] = Field(
        default=sourced(0.3, "break-outs", f"{NOTES} 2.3; weakly informed", "assumed", 0.1, 0.6),
        description="Break-outs nearby that one sets off, at usual fatigue and hardship (eta_loc).",
    )
    same_subdistrict: Share = Field(
        default=sourced(0.6, SHARE, "no source", "assumed", 0.3, 0.9),
        description="Share of those in the same subdistrict; the rest in the same district.",
    )
    by_message: Annotated[Sourced, Unit("per 1,000 newly aware", at_least=0, at_most=1)] = Field(
        default=sourced(1e-3, "per 1,000 newly aware", f"{NOTES} 2.3, 6: no measurement exists; "
                        "range that keeps the contagion of break-outs below 0.9 at usual reach",
                        "assumed", 0, 4e-3),
        description="Break-outs for 1,000 confined residents who learn of one (eta_inf).",
    )  # fmt: skip
    success_counts: Annotated[Sourced, Unit("ratio", at_least=1, at_most=10)] = Field(
        default=sourced(2, "ratio", "stories of success spread (Reuters/CTV, May 2022; direction)",
                        "assumed", 1, 5),
        description="How much more a message counts that shows a concession.",
    )  # fmt: skip
    memory: Annotated[Sourced, Unit("days", at_least=1, at_most=30)] = Field(
        default=sourced(2, "days", "Qin, Stromberg and Wu 2024 (doi 10.3982/ECTA20146): "
                        "short-lived, within about two days", "fitted", 1, 4),
        description="Mean days until a break-out sets off another nearby (tau_D); the day after "
        "is the first.",
    )  # fmt: skip
    fatigue_effect: Effect = Field(
        default=sourced(1.5, "ln per unit", "no source", "assumed", 0, 3),
        description="Effect of fatigue on ignition (b_F).",
    )
    usual_fatigue: Share = Field(
        default=sourced(0.5, SHARE, "about three weeks sealed", "assumed"),
        description="Fatigue at which ignition is as given (F*).",
    )
    hardship_effect: Effect = Field(
        default=sourced(2.0, "ln per unit", "no source", "assumed", 0, 4),
        description="Effect of hardship on ignition (b_H).",
    )
    usual_hardship: Share = Field(
        default=sourced(0.3, SHARE, "no source", "assumed"),
        description="Hardship at which ignition is as given (H*).",
    )
    enforcement_effect: Effect = Field(
        default=sourced(0.5, "ln per unit", f"{NOTES} 2.3; not identified", "assumed", 0, 1.5),
        description="Effect of a unit of enforcement against ignition (b_E).",
    )
    size_law: Literal["recruitment", "threshold"] = Field(
        default="recruitment", description="Law of the number of participants."
    )
    starters: Annotated[Sourced, Unit("persons", at_least=0, at_most=100)] = Field(
        default=sourced(4, "persons", f"fitted to {DISSENT}", "fitted"),
        description="Mean number who start besides the first (kappa0).",
    )
    recruits_alpha: Annotated[Sourced, Unit("shape", above=0, at_most=100)] = Field(
        default=sourced(6, "shape", f"fitted to {DISSENT}", "fitted"),
        description="First parameter of the Beta distribution of recruits per participant.",
    )
    recruits_beta: Annotated[Sourced, Unit("shape", above=0, at_most=100)] = Field(
        default=sourced(1.8, "shape", f"fitted to {DISSENT}", "fitted"),
        description="Second parameter of the Beta distribution of recruits per participant.",
    )
    recruits_effect: Effect = Field(
        default=sourced(0.3, "ln per unit", "no source", "assumed", 0, 1),
        description="Shift of recruits, on the logit scale, by ln of the state of mind (b_S).",
    )
    threshold_mean: Share = Field(
        default=sourced(
            0.34,
            SHARE,
            f"fitted to {DISSENT} with threshold_next (test B11); 0.35 in "
            f"{NOTES} 2.2, where nobody went on to other buildings",
            "fitted",
        ),
        description="Mean share who must be out before a person joins.",
    )
    threshold_sd: Share = Field(
        default=sourced(0.15, SHARE, f"fitted to {DISSENT}", "fitted"),
        description="Standard deviation of that share between persons of a building.",
    )
    threshold_sd_buildings: Share = Field(
        default=sourced(0.05, SHARE, f"fitted to {DISSENT}", "fitted"),
        description="Standard deviation of its mean between buildings.",
    )
    threshold_starters: Annotated[Sourced, Unit("persons", at_least=1, whole=True)] = Field(
        default=sourced(6, "persons", f"fitted to {DISSENT}", "fitted"),
        description="Persons who start a break-out under the threshold law.",
    )
    threshold_building: Annotated[Sourced, Unit("persons", at_least=1, at_most=512, whole=True)] = (
        Field(
            default=sourced(60, "persons", f"{NOTES} 2.2, eq. 8: adults of a building of about 110 "
                            "residents", "assumed", 40, 90),
            description="Adults of a building, who see each other.",
        )
    )  # fmt: skip
    threshold_next: Annotated[Sourced, Unit("persons", at_least=0, at_most=100)] = Field(
        default=sourced(
            0.8, "persons", f"fitted to {DISSENT} with threshold_mean (test B11)", "fitted", 0, 2
        ),
        description="Mean number who start in the next building once a whole one is out.",
    )
    concession: Share = Field(
        default=sourced(0.15, SHARE, f"37 of 668 in {DISSENT}; more in lockdown protests",
                        "fitted", 0.06, 0.3),
        description="Chance of a concession: the tier falls by one.",
    )  # fmt: skip
    concession_days: Annotated[Sourced, Unit("days", at_least=1, at_most=365, whole=True)] = Field(
        default=sourced(14, "days", "no source", "assumed", 3, 30),
        description="Days for which a concession holds.",
    )
    repression: Share = Field(
        default=sourced(0.35, SHARE, f"evidence of it in 25 % in {DISSENT}", "fitted", 0.25, 0.5),
        description="Chance of repression: enforcement in the compound rises by one unit. A "
        "condition that no study may search.",
    )  # fmt: skip
    repression_half_life: Days = Field(
        default=sourced(14, "days", "no source", "assumed", 3, 60),
        description="Days after which half of that rise is gone.",
    )
    hours: Annotated[Sourced, Unit("hours", at_least=0, at_most=16)] = Field(
        default=sourced(4, "hours", "no source", "assumed", 1, 12),
        description="Hours for which participants are together.",
    )
    filmed_size: Annotated[Sourced, Unit("persons", above=0)] = Field(
        default=sourced(50, "persons", "no source", "assumed", 10, 200),
        description="Participants at which 63 % of break-outs start a message: 1 - exp(-n / this).",
    )

    @model_validator(mode="after")
    def _ends_add_up(self) -> Self:
        if self.concession + self.repression > 1:
            raise ValueError(
                "a break-out ends in one way: lower concession: or repression:, "
                "which together are at most 1"
            )
        return self
