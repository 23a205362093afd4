"""The day as a printable table, which the simulation executes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One row of the day: its name, what it reads and writes, and what its cost follows."""

    name: str
    reads: str
    writes: str
    cost: str
    method: str


DAY = (
    Step("measures decide", "observed data, calendar, stocks", "tiers, contacts, rules, stocks",
         "places", "_measures_decide"),
    Step("people respond", "tiers, reported cases, supply, messages",
         "fatigue, hardship, trust, who may leak, break-outs", "confined places",
         "_people_respond"),
    Step("morning", "results, cases to trace, free beds",
         "reported cases, contacts, isolation, transfers, doses", "cases and their contacts",
         "_morning"),
    Step("arrivals", "scenario", "infections brought in", "arrivals", "_arrivals"),
    Step("transmission", "infectious persons, policy, whereabouts", "exposures, new infections",
         "infections", "_transmission"),
    Step("progression", "severe infections, hospital beds", "admissions, deaths", "patients",
         "_progression"),
    Step("evening", "infected and isolated persons, rounds of today",
         "samples, results of later days, releases", "infections and the isolated", "_evening"),
    Step("ledger and outputs", "all of the above", "counts by date, place and age", "places",
         "_ledger"),
)  # fmt: skip
"""The steps of a day in order; `Simulation.advance` executes this table."""
