"""Vaccination campaigns: doses of a daily supply, offered to one age group after another."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from lazaretto.measures.ages import bands_of
from lazaretto.measures.measure import Measure
from lazaretto.measures.observed import Today
from lazaretto.measures.orders import Orders
from lazaretto.measures.places import Places
from lazaretto.measures.rules import CampaignRule
from lazaretto.scenario.units import In
from lazaretto.words import AGE_BANDS


class VaccinationCampaign(Measure):
    """Give a dose to those who accept it, in the order of age groups, as far as it lasts."""

    word: ClassVar[str] = "vaccination_campaign"
    finds_infected: ClassVar[bool] = False
    takes: ClassVar[dict[str, str]] = {"doses": "doses/day"}

    doses: str = Field(description="Stock of doses/day.")
    dose: Annotated[Literal[1, 2, 3, 4], In("dose")] = Field(
        description="Which dose: given to those with one fewer."
    )
    ages: list[str] = Field(
        min_length=1,
        description="Age groups in whole five-year bands, in the order they are offered a dose.",
    )
    uptake: Annotated[list[float], In("share")] = Field(
        min_length=1,
        description="Share of each of these age groups that has this dose in the end, share.",
    )
    gap_days: Annotated[int, In("days")] = Field(
        0, ge=0, le=730, description="Days since the dose before, at least, days."
    )  # fmt: skip

    @field_validator("ages")
    @classmethod
    def _known_ages(cls, ages: list[str]) -> list[str]:
        bands = [band for group in ages for band in bands_of(group)]
        if len(set(bands)) < len(bands):
            raise ValueError("age groups that do not overlap; remove what is named twice")
        return ages

    @field_validator("uptake")
    @classmethod
    def _shares(cls, uptake: list[float]) -> list[float]:
        for share in uptake:
            if not 0 <= share <= 1:
                raise ValueError(f"shares from 0 to 1, not {share:g}")
        return uptake

    @model_validator(mode="after")
    def _together(self) -> Self:
        if len(self.uptake) != len(self.ages):
            raise ValueError(
                f"uptake: has {len(self.uptake)} shares for {len(self.ages)} age groups; "
                "write one share for each of ages:"
            )
        if self.dose > 1 and "gap_days" not in self.model_fields_set:
            raise ValueError(f"dose {self.dose} comes after another one; add gap_days:")
        return self

    def order(self, today: Today, places: Places, orders: Orders) -> None:
        """Give the doses of today in the districts."""
        districts = self.districts(today, places)
        if not any(self.uptake) or not districts.any():
            return
        uptake = np.zeros(len(AGE_BANDS))
        groups = [bands_of(group) for group in self.ages]
        for bands, share in zip(groups, self.uptake, strict=True):
            uptake[bands] = share
        # Within a group the oldest come first.
        ages = np.concatenate([bands[::-1] for bands in groups])
        orders.vaccinate(
            districts, CampaignRule(self.doses, ages, uptake, self.dose, self.gap_days)
        )
