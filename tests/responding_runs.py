"""Made-up results of runs in which people respond, whose every number is known."""

from __future__ import annotations

import numpy as np
from known_wave import one_run

from lazaretto.outcomes import side_by_side
from lazaretto.outcomes.results import OF_PART
from lazaretto.report.message_reach import MessageReach

SEALED = slice(18, 38)
RESIDENTS = 4_200_000
REACH = MessageReach(np.array([1e-6, 1e-6, 2e-3, 0.5]), np.array([1e-6, 0.2, 0.3, 0.5]))
PEOPLE = ("adherence", "trust-and-food", "break-outs", "message-reach")


def respond(tally):
    """Fill in what people did, by hand."""
    adults = tally.confined_by_age[:, 3:].sum(axis=1)
    tally.leaks[SEALED, 3] = adults[SEALED, 3] // 10
    tally.trust[:] = 1_000_000
    tally.trust[30:] = 960_000
    tally.food_insecure[SEALED] = np.array([[500, 400, 300, 200, 100]]).T @ np.array([[6, 4]])
    tally.breakouts[20:34:2, 0], tally.breakout_persons[20:34:2, 0] = 2, 60
    tally.breakout_ends[20:34:2, 0] = tally.breakout_ends[20:34:2, 2] = 1
    tally.breakouts_by_size[20:34:2, 1] = 2
    tally.copies[20:34, 0], tally.views[20:34, 0] = 50, 3_000
    tally.aware[20:, 0] = 1_500
    tally.persons_by_group[..., 0] = tally.persons_by_tier // 10
    tally.infections_by_age[:, 17] = tally.infections.sum(axis=(1, 2))
    tally.infections_by_income[:, 0] = tally.infections.sum(axis=(1, 2))
    tally.deaths[30, 0] = tally.deaths_by_age[30, 17, 0] = tally.deaths_by_income[30, 0] = 50
    tally.work_days_lost[SEALED] = 1_000
    tally.pupil_days_lost[SEALED] = 500


def responding_run(seed=1, **given):
    return one_run(seed=seed, contained=respond, **{"behaviour": tuple(OF_PART)} | given)


def run_without(*parts):
    """Return a run in which parts of behaviour are off."""
    run = responding_run(behaviour=[part for part in OF_PART if part not in parts])
    run.attrs["behaviour_off"] = ", ".join(parts)
    return run


def two_responding_runs():
    """Return two runs, in the second of which twice as many leak."""
    second = responding_run(2)
    second["leaks"] = 2 * second["leaks"]
    return side_by_side([responding_run(1), second], [1, 2])
