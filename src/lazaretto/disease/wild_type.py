"""SARS-CoV-2 as it spread in early 2020."""

from __future__ import annotations

from lazaretto.disease.natural_history import AgeFigures, Variant
from lazaretto.provenance import Figure

RECALLED = "recalled, not re-read here"

SAH = "Sah et al. 2021 PNAS 118:e2109229118, meta-analysis; doi 10.1073/pnas.2109229118"
SYMPTOMATIC_SHARE: AgeFigures = (
    ("0-17", Figure(0.533, "share", SAH, "measured", note=f"1 - 0.467; {RECALLED}")),
    ("18-59", Figure(0.679, "share", SAH, "measured", note=f"1 - 0.321; {RECALLED}")),
    ("60+", Figure(0.803, "share", SAH, "measured", note=f"1 - 0.197; {RECALLED}")),
)

ZHANG = "Zhang et al. 2020 Science, contact tracing in Hunan; doi 10.1126/science.abb8001"
ODDS = "an odds ratio of infection per contact, used as relative susceptibility"
SUSCEPTIBILITY: AgeFigures = (
    ("0-14", Figure(0.34, "relative to ages 15-64", ZHANG, "measured", 0.24, 0.49, ODDS)),
    ("15-64", Figure(1.0, "relative to ages 15-64", "by definition", "measured")),
    ("65+", Figure(1.47, "relative to ages 15-64", ZHANG, "measured", 1.12, 1.92, ODDS)),
)

STEIN = "Stein et al. 2023 Lancet 401:833, meta-analysis; doi 10.1016/S0140-6736(22)02465-5"

WILD_TYPE = Variant(
    name="wild-type",
    title="Wild type",
    r0=Figure(
        2.5,
        "infections",
        "Li Q et al. 2020 NEJM, Wu 2020 Lancet; doi 10.1056/NEJMoa2001316",
        "measured",
        2.0,
        3.2,
        RECALLED,
    ),
    latent_mean=Figure(
        3.2,
        "days",
        "incubation of 5.2 days less about 2 days of infectiousness before symptoms "
        "(He et al. 2020 Nat Med; doi 10.1038/s41591-020-0869-5)",
        "fitted",
        note="set so that the table gives the incubation, generation interval and "
        f"presymptomatic share listed under checks; He et al. {RECALLED}",
    ),
    latent_sd=Figure(1.6, "days", "half of the mean", "assumed"),
    transmission_mean=Figure(
        2.1,
        "days",
        "generation interval less latent period",
        "fitted",
        note="set so that the generation interval lies in the interval of Ferretti et al.",
    ),
    transmission_sd=Figure(1.8, "days", "about as wide as its mean; no direct estimate", "assumed"),
    onset_mean=Figure(2.0, "days", "incubation period less latent period", "fitted"),
    onset_sd=Figure(
        1.6,
        "days",
        "with the latent period it gives an incubation period whose SD is a little under half "
        "of its mean",
        "assumed",
    ),
    dispersion=Figure(
        0.5,
        "shape k",
        "offspring distributions have k of 0.1 to 0.5 (doi 10.12688/wellcomeopenres.15842.3, "
        "10.1038/s41591-020-1092-0), but that spread includes contacts, layers and control, "
        "which are modelled apart; the person's own share must be less dispersed",
        "assumed",
        0.3,
        1.0,
        RECALLED,
    ),
    asymptomatic_infectiousness=Figure(
        0.55,
        "relative to symptomatic",
        "Li R et al. 2020 Science 368:489; doi 10.1126/science.abb3221",
        "measured",
        0.46,
        0.62,
        "measured for undocumented against documented infections, used for asymptomatic",
    ),
    symptomatic_share=SYMPTOMATIC_SHARE,
    susceptibility=SUSCEPTIBILITY,
    protection=(
        (
            0,
            Figure(0.0, "relative susceptibility", "an infected person is not infected", "assumed"),
        ),
        (
            28,
            Figure(
                0.151,
                "relative susceptibility",
                STEIN,
                "measured",
                note=f"1 - 0.849, against ancestral virus; {RECALLED}",
            ),
        ),
        (
            280,
            Figure(
                0.214,
                "relative susceptibility",
                STEIN,
                "measured",
                note=f"1 - 0.786 at 40 weeks, against ancestral virus; {RECALLED}",
            ),
        ),
        (
            730,
            Figure(0.4, "relative susceptibility", "waning goes on at a similar pace", "assumed"),
        ),
    ),
    detection_shift=Figure(0.0, "days", "the curves were measured on wild type", "measured"),
    checks=(
        (
            "incubation_mean",
            Figure(
                5.2,
                "days",
                "Li Q et al. 2020 NEJM; doi 10.1056/NEJMoa2001316",
                "measured",
                4.1,
                7.0,
                RECALLED,
            ),
        ),
        (
            "generation_mean",
            Figure(
                5.0,
                "days",
                "Ferretti et al. 2020 Science; doi 10.1126/science.abb6936",
                "measured",
                4.5,
                5.8,
                f"interval approximate; {RECALLED}",
            ),
        ),
        (
            "presymptomatic_share",
            Figure(
                0.44,
                "share",
                "He et al. 2020 Nat Med; doi 10.1038/s41591-020-0869-5",
                "measured",
                0.30,
                0.57,
                RECALLED,
            ),
        ),
    ),
)
