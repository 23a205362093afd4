"""How infections found become the reported figures."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit, sourced

Share = Annotated[Sourced, Unit("share", at_least=0, at_most=1)]
Days = Annotated[Sourced, Unit("days", at_least=0, at_most=15)]

DAILY = "shanghai_2022_daily.csv"


class Reporting(Section):
    """The reported series: confirmed, asymptomatic, and the reclassified between them."""

    confirmed_share: Share = Field(
        default=sourced(
            0.057,
            "share",
            "1 - 0.943: 591,511 of 627,116 were asymptomatic at first report (J Infection letter)",
            "measured",
            note=f"{DAILY} gives the same, (58,292 - 22,545) / 627,913. The definition of a case "
            "asked for pneumonia in imaging, so this is no share of the symptomatic",
        ),
        description="Share of infections found that are reported as confirmed at first, share.",
    )
    reclassified_share: Share = Field(
        default=sourced(
            0.038,
            "share",
            f"22,545 of 592,166 asymptomatic in {DAILY}",
            "measured",
        ),
        description="Share of those reported asymptomatic who later become confirmed, share.",
    )
    reclassification_days: Days = Field(
        default=sourced(
            8.8,
            "days",
            f"difference of the mean dates of both series in {DAILY}, 15 March to 5 June",
            "fitted",
            note="5,062 reclassifications of one day, 28 April, are in it",
        ),
        description="Mean time from first report to reclassification, days.",
    )
