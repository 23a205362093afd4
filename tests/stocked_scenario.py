"""A small scenario with laboratories, beds and courses of treatment."""

from __future__ import annotations

from lazaretto.scenario import Scenario

LABS = {
    "name": "labs",
    "unit": "tubes/day",
    "opened": [{"from": "2022-03-01", "amount": 100}, {"from": "2022-03-04", "amount": 400}],
}
BEDS = {
    "name": "halls",
    "unit": "beds",
    "contacts_per_day": {"value": 3, "source": "a guess", "status": "assumed"},
    "bus_contacts": 2,
    "opened": [{"from": "2022-03-03", "amount": 50}],
}
COURSES = {
    "name": "pills",
    "unit": "courses",
    "opened": [
        {"from": "2022-02-01", "amount": 7},
        {"from": "2022-03-01", "amount": 10},
        {"from": "2022-03-03", "amount": 30},
    ],
}
CASES = {"cases": {"number": 5}}


def scenario(measures=(), resources=(LABS, BEDS, COURSES), **changes):
    return Scenario.from_mapping(
        {
            "name": "small",
            "title": "Small",
            "place": "shanghai",
            "disease": "omicron-ba2",
            "r0": 7,
            "start": "2022-03-01",
            "end": "2022-03-05",
            "resources": list(resources),
            "measures": list(measures),
        }
        | changes
    )
