"""Omicron as the model of Cai et al. 2022 has it, to repeat that model; not what we hold likeliest.

Their inputs are in the shipped tables ``cai2022_*.csv``; severity is that of `CAI_HOSPITAL` and
its neighbours, vaccination that of the inactivated vaccine.
"""

from __future__ import annotations

from dataclasses import replace

from lazaretto.disease.delta import CAI
from lazaretto.disease.omicron import OMICRON_BA2
from lazaretto.disease.severity_tables import CAI_SYMPTOMATIC
from lazaretto.provenance import Figure

_EXPONENTIAL = f"exponential time; {CAI}"
_ILL_AT_ONCE = f"{CAI}: the symptomatic are so as soon as they are infectious"

OMICRON_CAI_2022 = replace(
    OMICRON_BA2,
    name="omicron-cai-2022",
    title="Omicron as in Cai et al. 2022",
    r0=Figure(3.9, "infections", CAI, "measured", note="dominant eigenvalue there"),
    latent_mean=Figure(1.2, "days", _EXPONENTIAL, "measured"),
    latent_sd=Figure(1.2, "days", _EXPONENTIAL, "measured"),
    transmission_mean=Figure(
        5.6,
        "days",
        f"alike infectious for an {_EXPONENTIAL}: transmission falls off by exp(-t / 5.6)",
        "measured",
        note="cut at 26 days",
    ),
    transmission_sd=Figure(5.6, "days", _EXPONENTIAL, "measured"),
    onset_mean=Figure(0.1, "days", _ILL_AT_ONCE, "measured", note="0 there"),
    onset_sd=Figure(0.1, "days", _ILL_AT_ONCE, "measured"),
    dispersion=Figure(
        1.0, "shape k", f"infectious for an {_EXPONENTIAL}, so exponential in total", "measured"
    ),
    asymptomatic_infectiousness=Figure(1.0, "relative to symptomatic", CAI, "measured"),
    symptomatic_share=CAI_SYMPTOMATIC,
    protection=(
        (
            0,
            Figure(0.0, "relative susceptibility", "an infected person is not infected", "assumed"),
        ),
        (
            30,
            Figure(
                0.0,
                "relative susceptibility",
                f"{CAI}: whoever was vaccinated is infected once only",
                "measured",
                note="0.095 for the unvaccinated there, who are few",
            ),
        ),
    ),
    checks=(),
    longest_latent=5,
    longest_infectious=27,
)
