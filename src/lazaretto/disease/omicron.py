"""Omicron: BA.1 (end of 2021), BA.2 (spring 2022), BF.7 (end of 2022)."""

from __future__ import annotations

from dataclasses import replace

from lazaretto.disease.delta import (
    ADULT_SUSCEPTIBILITY,
    CAI,
    CHILD_SUSCEPTIBILITY,
    DELTA,
    PARK,
)
from lazaretto.disease.wild_type import RECALLED, SAH
from lazaretto.provenance import Figure

XIN = "Xin et al. 2022 IJID 126:132, Hangzhou; doi 10.1016/j.ijid.2022.10.033"
WEI = "Wei et al. 2023 Influenza Other Respir Viruses 17:e13097, Shanghai; doi 10.1111/irv.13097"
XU = "Xu et al. 2023 BMC Medicine 21, meta-analysis; doi 10.1186/s12916-023-03070-8"
OMICRON_ASYMPTOMATIC = (
    "meta-analysis of 8 studies, 7,640 positives (asymptomatic 0.324, 0.253-0.395); PMC9321237"
)
REINFECTED = "Chemaitelly et al. 2022 Nat Commun, BA.1 against BA.2; doi 10.1038/s41467-022-32363-4"

VACCINES_INSIDE = (
    "protection by vaccines is part of this figure; where a scenario has the section vaccination, "
    "its r0 is that of the unvaccinated, about a tenth more"
)

AGE_SHAPE = (
    f"age shape of {SAH}; its mean over Shanghai's ages, 0.70, agrees with the "
    f"{OMICRON_ASYMPTOMATIC}"
)

OMICRON_BA2 = replace(
    DELTA,
    name="omicron-ba2",
    title="Omicron BA.2",
    r0=Figure(
        7.0,
        "infections",
        "between Cai et al. 2022 for vaccinated Shanghai without strict measures (3.9; "
        "doi 10.1038/s41591-022-01855-7) and BA.1 reviews (9.5; doi 10.1093/jtm/taac037)",
        "assumed",
        3.9,
        9.5,
        VACCINES_INSIDE,
    ),
    latent_mean=Figure(
        1.7,
        "days",
        f"generation interval of about 3 days and incubation of about 3.9 days; {PARK}; {XIN}",
        "fitted",
        note="set so that the table gives the figures under checks. Xin et al. found 3.1 days "
        "(2.8-3.5) to the first positive PCR, as long as the whole generation interval, so it "
        "cannot be used as the start of infectiousness",
    ),
    latent_sd=Figure(0.9, "days", "about half of the mean", "assumed"),
    transmission_mean=Figure(
        1.4, "days", "generation interval less latent period", "fitted", note="see latent_mean"
    ),
    transmission_sd=Figure(
        1.0,
        "days",
        "as wide as its mean for earlier variants; narrower here, or more than the 57 % found in "
        "Shanghai would be transmitted before symptoms",
        "fitted",
    ),
    onset_mean=Figure(
        2.3, "days", "incubation period less latent period", "fitted", note="see latent_mean"
    ),
    onset_sd=Figure(
        2.3,
        "days",
        "with the latent period it gives an incubation period whose SD is near the 2.1 days of "
        f"{WEI}",
        "fitted",
    ),
    dispersion=Figure(
        0.8,
        "shape k",
        "as for wild type; Omicron is less overdispersed in most reports, none read here",
        "assumed",
        0.4,
        2.0,
    ),
    asymptomatic_infectiousness=Figure(
        1.0,
        "relative to symptomatic",
        f"kappa of {CAI}; no significant difference in {WEI}",
        "assumed",
        0.55,
        1.0,
    ),
    symptomatic_share=(
        ("0-17", Figure(0.533, "share", AGE_SHAPE, "assumed")),
        ("18-59", Figure(0.679, "share", AGE_SHAPE, "assumed")),
        ("60+", Figure(0.803, "share", AGE_SHAPE, "assumed")),
    ),
    susceptibility=(("0-17", CHILD_SUSCEPTIBILITY), ("18+", ADULT_SUSCEPTIBILITY)),
    protection=(
        (
            0,
            Figure(0.0, "relative susceptibility", "an infected person is not infected", "assumed"),
        ),
        (
            60,
            Figure(
                0.058,
                "relative susceptibility",
                REINFECTED,
                "measured",
                note=f"1 - 0.942; {RECALLED}",
            ),
        ),
        (
            365,
            Figure(
                0.4, "relative susceptibility", "immunity to Omicron wanes within a year", "assumed"
            ),
        ),
        (
            730,
            Figure(0.6, "relative susceptibility", "waning goes on, more slowly", "assumed"),
        ),
    ),
    detection_shift=Figure(
        1.0,
        "days",
        "incubation is 1.3 days shorter than of wild type, but 3.1 days to the first positive "
        "PCR (Xin et al.) argue against the whole of it",
        "assumed",
        0.0,
        1.5,
    ),
    checks=(
        (
            "incubation_mean",
            Figure(3.8, "days", XIN, "measured", 3.5, 4.6, f"upper end: BA.2, {WEI}"),
        ),
        (
            "generation_mean",
            Figure(3.0, "days", PARK, "measured", 2.7, 3.2, "Omicron, growth-corrected"),
        ),
        (
            "presymptomatic_share",
            Figure(0.572, "share", WEI, "measured", 0.336, 0.572, f"lower end: BA.1.1, {XIN}"),
        ),
    ),
)

OMICRON_BA1 = replace(
    OMICRON_BA2,
    name="omicron-ba1",
    title="Omicron BA.1",
    r0=Figure(
        9.5,
        "infections",
        "Liu and Rocklöv 2022 J Travel Med 29:taac037; doi 10.1093/jtm/taac037",
        "measured",
        5.5,
        24.0,
        RECALLED,
    ),
    latent_mean=Figure(
        1.6,
        "days",
        f"generation interval of 3.0 days and incubation of 3.5 days; {PARK}; {XU}",
        "fitted",
        note="set so that the table gives the figures under checks",
    ),
    latent_sd=Figure(0.8, "days", "half of the mean", "assumed"),
    transmission_mean=Figure(
        1.35, "days", "generation interval less latent period", "fitted", note="see latent_mean"
    ),
    transmission_sd=Figure(1.1, "days", "as for BA.2", "assumed"),
    onset_mean=Figure(
        2.0, "days", "incubation period less latent period", "fitted", note="see latent_mean"
    ),
    onset_sd=Figure(2.0, "days", "as for BA.2, a little shorter", "assumed"),
    checks=(
        ("incubation_mean", Figure(3.49, "days", XU, "measured", 3.13, 4.86)),
        (
            "generation_mean",
            Figure(2.99, "days", XU, "measured", 2.48, 3.49, f"Park et al.: 3.0 (2.7-3.2), {PARK}"),
        ),
        (
            "presymptomatic_share",
            Figure(0.336, "share", XIN, "measured", 0.248, 0.425, "BA.1.1, Hangzhou"),
        ),
    ),
)

BF7_TIMES = (
    "no times of BF.7 were found; those of BA.1, since serial intervals of BA.5 are no longer "
    f"(2.37 days, 1.71-3.04; {XU})"
)

OMICRON_BF7 = replace(
    OMICRON_BA2,
    name="omicron-bf7",
    title="Omicron BF.7",
    r0=Figure(
        8.0,
        "infections",
        "Leung et al. 2023 Nat Med 29:579 give 3.44 (2.82-4.14) under measures in Beijing "
        "(doi 10.1038/s41591-023-02212-y), a lower bound; upper end as the reviews of BA.1",
        "assumed",
        3.44,
        12.0,
        VACCINES_INSIDE,
    ),
    latent_mean=Figure(1.6, "days", BF7_TIMES, "assumed"),
    latent_sd=Figure(0.8, "days", BF7_TIMES, "assumed"),
    transmission_mean=Figure(1.35, "days", BF7_TIMES, "assumed"),
    transmission_sd=Figure(1.1, "days", BF7_TIMES, "assumed"),
    onset_mean=Figure(2.0, "days", BF7_TIMES, "assumed"),
    onset_sd=Figure(2.0, "days", BF7_TIMES, "assumed"),
    protection=tuple(
        (day, replace(figure, status="assumed", note="taken from BA.1 against BA.2"))
        for day, figure in OMICRON_BA2.protection
    ),
    checks=(),
)
