"""The Delta variant (B.1.617.2), 2021."""

from __future__ import annotations

from dataclasses import replace

from lazaretto.disease.wild_type import RECALLED, STEIN, WILD_TYPE
from lazaretto.provenance import Figure

KANG = "Kang et al. 2022 Eurosurveillance 27(10); doi 10.2807/1560-7917.ES.2022.27.10.2100815"
PARK = "Park et al. 2023 PNAS 120:e2221887120; doi 10.1073/pnas.2221887120"
CAI = "Cai et al. 2022 Nat Med 28:1468, model inputs; doi 10.1038/s41591-022-01855-7"
CHILD_SUSCEPTIBILITY = Figure(
    0.566,
    "relative to adults",
    CAI,
    "measured",
    0.327,
    0.855,
    "mean of the 200 draws of that model, for Omicron",
)
ADULT_SUSCEPTIBILITY = Figure(1.0, "relative to adults", "by definition", "measured")

DELTA = replace(
    WILD_TYPE,
    name="delta",
    title="Delta",
    r0=Figure(
        5.1,
        "infections",
        "Liu and Rocklöv 2021 J Travel Med 28:taab124; doi 10.1093/jtm/taab124",
        "measured",
        3.2,
        8.0,
        RECALLED,
    ),
    latent_mean=Figure(
        2.2,
        "days",
        f"generation interval of 3.8 days and presymptomatic transmission; {PARK}",
        "fitted",
        note="set so that the table gives the figures under checks. Kang et al. found 4.0 days "
        f"from infection to the first positive PCR ({RECALLED}), longer than the whole "
        "generation interval, so it cannot be used as the start of infectiousness",
    ),
    latent_sd=Figure(1.1, "days", "half of the mean", "assumed"),
    transmission_mean=Figure(
        1.7, "days", "generation interval less latent period", "fitted", note="see latent_mean"
    ),
    transmission_sd=Figure(1.6, "days", "about its mean, as for wild type", "assumed"),
    onset_mean=Figure(
        2.2, "days", "incubation period less latent period", "fitted", note="see latent_mean"
    ),
    onset_sd=Figure(1.6, "days", "as for wild type", "assumed"),
    dispersion=Figure(
        0.7,
        "shape k",
        "as for wild type; more transmissible variants have more infectors who infect somebody",
        "assumed",
        0.4,
        1.5,
    ),
    asymptomatic_infectiousness=Figure(
        0.55, "relative to symptomatic", "taken from wild type", "assumed", 0.46, 1.0
    ),
    susceptibility=(
        ("0-17", replace(CHILD_SUSCEPTIBILITY, status="assumed", note="taken from Omicron")),
        ("18+", ADULT_SUSCEPTIBILITY),
    ),
    protection=(
        (
            0,
            Figure(0.0, "relative susceptibility", "an infected person is not infected", "assumed"),
        ),
        (
            28,
            Figure(
                0.18,
                "relative susceptibility",
                STEIN,
                "measured",
                note=f"1 - 0.82, against Delta; {RECALLED}",
            ),
        ),
        (
            280,
            Figure(
                0.225,
                "relative susceptibility",
                STEIN,
                "measured",
                note=f"1 - 0.775 at 40 weeks, against Delta; {RECALLED}",
            ),
        ),
        (
            730,
            Figure(0.4, "relative susceptibility", "waning goes on at a similar pace", "assumed"),
        ),
    ),
    detection_shift=Figure(
        0.5, "days", "incubation is about half a day shorter than of wild type", "assumed", 0.0, 1.0
    ),
    checks=(
        (
            "incubation_mean",
            Figure(
                4.4,
                "days",
                "Wu et al. 2022 JAMA Netw Open, meta-analysis; "
                "doi 10.1001/jamanetworkopen.2022.28008",
                "measured",
                3.8,
                5.8,
                f"interval from Park et al. (3.8-4.5) to Kang et al. (5.8); {RECALLED}",
            ),
        ),
        ("generation_mean", Figure(3.8, "days", PARK, "measured", 3.7, 4.0, "growth-corrected")),
        (
            "presymptomatic_share",
            Figure(0.739, "share", KANG, "measured", 0.672, 0.813, RECALLED),
        ),
    ),
)
