"""What each seed of a run is made with: the scenario as it is, or one draw of its posterior."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import xarray as xr

from lazaretto.engine.prepare import Ground, Prepared, ground_of, prepare
from lazaretto.scenario import Scenario
from lazaretto.scenario.draws import draw_of, drawn


def prepared_with(
    scenario: Scenario,
    seeds: Sequence[int],
    progress: Callable[[str, float], None] | None = None,
    ground: Callable[[Scenario], Ground] | None = None,
) -> Iterator[Prepared]:
    """Yield a scenario ready to run with each of the seeds.

    Without a posterior they differ in the seed alone, and the work is done once. With one each has
    the numbers of its own draw, on the same ground.

    Parameters
    ----------
    scenario, progress, ground
        As for `lazaretto.engine.prepare.prepare`.
    seeds
        As the user counts them.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """
    if scenario.posterior is None:
        once = prepare(scenario, seeds[0], progress, ground)
        for seed in seeds:
            yield replace(once, settings=replace(once.settings, seed=seed))
        return
    found: list[Ground] = []

    def shared(of: Scenario) -> Ground:
        if not found:
            found.append(ground_of(of, progress) if ground is None else ground(of))
        return found[0]

    for seed in seeds:
        numbers, own = drawn(scenario, seed)
        yield prepare(numbers, own, progress, shared)


def with_draw(labelled: xr.Dataset, scenario: Scenario, seed: int) -> xr.Dataset:
    """Return the results of a run with the numbers and the engine's seed of its draw.

    Parameters
    ----------
    labelled
        The results.
    scenario, seed
        What was run, and its seed as the user counts. Without a posterior nothing is added.
    """
    if scenario.posterior is None:
        return labelled
    numbers, own = draw_of(scenario.posterior, scenario.folder, seed)
    about = {"long_name": "fitted numbers of the run", "units": "of each number"}
    added = {
        "drawn": (("number",), [numbers[name] for name in numbers], about),
        "engine_seed": ((), own, {"long_name": "seed the engine was given", "units": "1"}),
    }
    found = labelled.assign(added).assign_coords(number=list(numbers))
    return found.assign_attrs(posterior=scenario.posterior.draws)
