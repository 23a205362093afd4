"""Messages: what people copy to each other, on which platforms, and what is deleted on the way."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lazaretto.scenario.section import Section
from lazaretto.scenario.sourced import Sourced, Unit, sourced
from lazaretto.words import PLATFORMS

Share = Annotated[Sourced, Unit("share", at_least=0, at_most=1)]
Copies = Annotated[Sourced, Unit("copies per copy", at_least=0, at_most=300)]
Minutes = Annotated[Sourced, Unit("minutes", above=0, at_most=100_000)]
Viewers = Annotated[Sourced, Unit("viewers per copy", at_least=0, at_most=1e8)]

RATIO = "Lazaretto behaviour notes 2.3 (ratio to private messaging); content-specific"
ZHU = "Zhu et al. 2013 (arXiv:1303.0597): 30 % in 5 to 30 minutes, 90 % within a day"


def _copies(value: float, low: float | None = None, high: float | None = None) -> Sourced:
    return sourced(value, "copies per copy", RATIO, "assumed", low, high)


class Offspring(Section):
    """Mean copies that one copy on a platform gives rise to on each platform, undeleted."""

    messaging: Copies = Field(default=_copies(0.0), description="Copies in private messages.")
    social: Copies = Field(default=_copies(0.0), description="Copies on public social media.")
    news: Copies = Field(default=_copies(0.0), description="Items of domestic news.")
    foreign: Copies = Field(default=_copies(0.0), description="Items abroad.")


class Platform(Section):
    """One platform: how fast and how far its copies are passed on, seen and deleted."""

    half_life: Minutes = Field(description="Minutes in which half of the passing on is done.")
    viewers: Viewers = Field(
        description="Residents of the place who see a copy, mean (heavy-tailed between copies)."
    )
    deleted: Share = Field(
        description="Chance that a copy is deleted; a condition that no study may search."
    )
    copies: Offspring = Field(description="Copies of copies made here.")


def _platform(
    half_life: float,
    source: str,
    viewers: float,
    deleted: tuple[float, float, float],
    **copies: Sourced,
) -> Platform:
    why = "King et al. 2013 (doi 10.1017/S0003055413000014); Zhu et al. 2013; wide on purpose"
    return Platform(
        half_life=sourced(half_life, "minutes", source, "assumed"),
        viewers=sourced(viewers, "viewers per copy", "no source", "assumed"),
        deleted=sourced(deleted[0], "share", why, "assumed", *deleted[1:]),
        copies=Offspring(**copies),
    )


class Seeded(Section):
    """A message that begins on a date for a reason outside the model."""

    begins: date = Field(alias="date", description="Day on which it begins, ISO date.")
    name: str = Field(min_length=1, description="Name of the message in reports.")
    platform: Literal["messaging", "social", "news", "foreign"] = Field(
        default="messaging", description="Where it begins."
    )
    copies: Annotated[Sourced, Unit("copies", at_least=1, at_most=1e6, whole=True)] = Field(
        default=sourced(10, "copies", "no source", "assumed"), description="Copies it begins with."
    )
    shows_success: bool = Field(default=False, description="Whether it shows a concession.")


class Messages(Section):
    """Cascades of copies over platforms (behaviour notes 2.2, eq. 10 and 11)."""

    active: bool = Field(default=True, description="Whether break-outs become known by messages.")
    messaging: Platform = Field(
        default=_platform(60, "Lazaretto behaviour notes 2.3", 60, (0.6, 0.3, 0.9),
                          messaging=_copies(1.1, 0.7, 1.6), social=_copies(0.05),
                          news=_copies(0.0), foreign=_copies(0.001)),
        description="Private messaging: chats and groups.",
    )  # fmt: skip
    social: Platform = Field(
        default=_platform(24, "Twitter's half-life of 24 minutes (Schneider and Rizoiu 2023)", 300,
                          (0.9, 0.7, 0.98),
                          messaging=_copies(0.2), social=_copies(0.9, 0.5, 1.5),
                          news=_copies(0.0005), foreign=_copies(0.005)),
        description="Public social media.",
    )  # fmt: skip
    news: Platform = Field(
        default=_platform(240, "Lazaretto behaviour notes 2.3", 50_000, (1.0, 0.9, 1.0),
                          messaging=_copies(5), social=_copies(20), news=_copies(0.3),
                          foreign=_copies(0.2)),
        description="Domestic news.",
    )  # fmt: skip
    foreign: Platform = Field(
        default=_platform(720, "Lazaretto behaviour notes 2.3", 0, (0.0, 0.0, 0.0),
                          messaging=_copies(0.3), social=_copies(0.1), news=_copies(0.0),
                          foreign=_copies(0.7)),
        description="News and social media abroad; residents see what is relayed back.",
    )  # fmt: skip
    variation: Annotated[Sourced, Unit("sd of ln", at_least=0, at_most=1)] = Field(
        default=sourced(0.25, "sd of ln", "copies per copy of 0.7 to 1.6 between contents (Melo et "
                        "al. 2019; Li et al. 2016)", "assumed"),
        description="How much messages differ in copies per copy (log-normal, mean 1).",
    )  # fmt: skip
    tail: Annotated[Sourced, Unit("exponent", above=1, at_most=10)] = Field(
        default=sourced(1.6, "exponent", "Lazaretto behaviour notes 2.2, eq. 10", "assumed"),
        description="Exponent of the Pareto distribution of a copy's audience.",
    )
    forward_limit: (
        Annotated[Sourced, Unit("copies", at_least=1, at_most=1e6, whole=True)] | None
    ) = Field(
        default=None, description="Most copies one copy in private messages can give; no limit if "
        "absent.",
    )  # fmt: skip
    deletion: Literal["per_copy", "canonical"] = Field(
        default="per_copy",
        description="Whether copies are deleted one by one, or all with the original.",
    )
    fast_delay: Minutes = Field(
        default=sourced(15, "minutes", ZHU, "fitted"),
        description="Mean delay of fast deletions.",
    )
    slow_delay: Minutes = Field(
        default=sourced(888, "minutes", ZHU, "fitted"),
        description="Mean delay of slow deletions.",
    )
    fast_share: Share = Field(
        default=sourced(0.49, "share", ZHU, "fitted"),
        description="Share of deletions that are fast.",
    )
    reuploads: Annotated[Sourced, Unit("copies per deletion", at_least=0, at_most=20)] = Field(
        default=sourced(0.1, "copies per deletion", "sign only (Hobbs and Roberts 2018; 'Voices of "
                        "April')", "assumed", 0, 0.6),
        description="Altered copies uploaded after a deletion (chi).",
    )  # fmt: skip
    own_subdistrict: Share = Field(
        default=sourced(0.5, "share", "chats of neighbours; no source", "assumed", 0.2, 0.8),
        description="Share of viewers in private messages who live in the subdistrict of who made "
        "the copy; the others live anywhere.",
    )  # fmt: skip
    copies_abroad: Annotated[Sourced, Unit("copies", above=0, at_most=1e9)] = Field(
        default=sourced(10_000, "copies", "no source; keeps a message that never is deleted from "
                        "being copied abroad for ever", "assumed", 1000, 100_000),
        description="Copies abroad after which 63 % of the public abroad know of a message.",
    )  # fmt: skip
    seeded: list[Seeded] = Field(default=[], description="Messages that begin on a date.")

    @model_validator(mode="after")
    def _copies_are_made_by_viewers(self) -> Self:
        # Else a message could go on for ever: nobody learns of it, so it stays news to everybody.
        for name in ("messaging", "social", "news"):
            platform: Platform = getattr(self, name)
            copies = sum(float(getattr(platform.copies, to)) for to in PLATFORMS)
            if copies + self.reuploads * platform.deleted > platform.viewers:
                raise ValueError(
                    f"a copy is made or uploaded again by one of its viewers: raise viewers: of "
                    f"{name}:, or lower its copies: or reuploads:"
                )
        return self

    def platforms(self) -> tuple[Platform, ...]:
        """Return the platforms in the order of `lazaretto.words.PLATFORMS`."""
        return tuple(getattr(self, name) for name in PLATFORMS)
