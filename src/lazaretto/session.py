"""Lazaretto in a notebook: ``Scenario.load("shanghai-2022").run().plot()``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from lazaretto import scenario as scenarios
from lazaretto.studies import observed_cases, run_scenario

if TYPE_CHECKING:
    import altair as alt


class Results(xr.Dataset):
    """Labelled results of a run; everything an `xarray.Dataset` can do, and `plot`.

    Dimensions are ``replicate``, ``date``, ``district``, ``layer``, ``age`` and ``tier``.
    """

    __slots__ = ()

    def plot(self) -> alt.ChartType:  # type: ignore[override]
        """Return the main figure: reported cases, beside the real ones where they are shipped."""
        from lazaretto.report import plot

        real = observed_cases(str(self.attrs.get("place", "")))
        return plot(self, None if real is None else real.daily)


class Scenario(scenarios.Scenario):
    """A scenario that can be run."""

    def run(
        self,
        *,
        seed: int = 1,
        replicates: int = 1,
        threads: int = 2,
        out: Path | None = None,
    ) -> Results:
        """Run the scenario and return its labelled results.

        Parameters
        ----------
        seed, replicates
            Seed of the first replicate (the others use the following numbers) and their number.
        threads
            Worker threads; no influence on the results.
        out
            Keep a run folder below this folder, or find the run there if it was made before.

        Raises
        ------
        ScenarioError
            If the scenario does not fit its place.
        """
        outcome = run_scenario(self, seed=seed, replicates=replicates, threads=threads, out=out)
        found = outcome.results
        data: dict[Any, Any] = dict(found.data_vars)
        return Results(data, coords=found.coords, attrs=found.attrs)
