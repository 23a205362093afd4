"""Lazaretto in a notebook: ``Scenario.load("shanghai-2022").run().plot()``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr
from pydantic import PrivateAttr

from lazaretto import scenario as scenarios
from lazaretto.engine.checked import place_of
from lazaretto.studies import Changes, changes, observed_cases, run_scenario

if TYPE_CHECKING:
    import altair as alt

    from lazaretto.studies.compare import Comparison


PLACE = "place"
"""Key of the encoding of results under which the folder of a place of one's own is found."""


class Results(xr.Dataset):  # type: ignore[no-untyped-call]  # of xarray's own hook
    """Labelled results of a run; everything an `xarray.Dataset` can do, and `plot`.

    Dimensions are ``replicate``, ``date``, ``district``, ``layer``, ``age`` and ``tier``.
    """

    __slots__ = ()

    def plot(self) -> alt.ChartType:  # type: ignore[override]
        """Return the main figure: reported cases, beside the real ones where they are shipped."""
        from lazaretto.report import plot

        place = self.encoding.get(PLACE, self.attrs.get("place", ""))
        real = observed_cases(place)
        return plot(self, None if real is None else real.daily)


class Scenario(scenarios.Scenario):
    """A scenario that can be run."""

    _changes: Changes | None = PrivateAttr(default=None)

    @classmethod
    def load(
        cls, name_or_path: str | Path, overrides: Mapping[str, object] | Sequence[str] = ()
    ) -> Scenario:
        """Read a scenario of the library, or a YAML file.

        Parameters
        ----------
        name_or_path
            A name of the library, or the path of a file.
        overrides
            Values that replace those of the file, such as ``{"r0": 6}``.

        Raises
        ------
        ScenarioError
            With every problem at once.
        """
        loaded = super().load(name_or_path, overrides)
        assert isinstance(loaded, Scenario)
        loaded._changes = changes(loaded, overrides)
        return loaded

    def run(
        self,
        *,
        seed: int = 1,
        replicates: int = 1,
        threads: int | None = None,
        out: Path | None = None,
    ) -> Results:
        """Run the scenario and return its labelled results.

        Parameters
        ----------
        seed, replicates
            Seed of the first replicate (the others use the following numbers) and their number.
        threads
            Worker threads, all cores if absent; no influence on the results.
        out
            Keep a run folder below this folder, or find the run there if it was made before.

        Raises
        ------
        ScenarioError
            If the scenario does not fit its place.
        ValueError
            If there are no replicates.
        """
        different = self._changes or changes(self)
        outcome = run_scenario(
            self,
            seed=seed,
            replicates=replicates,
            threads=threads,
            out=out,
            changed=different.said,
            against=different.against,
        )
        found = outcome.results
        data: dict[Any, Any] = dict(found.data_vars)
        results = Results(data, coords=found.coords, attrs=found.attrs)
        results.encoding[PLACE] = place_of(self)
        return results

    def compare(
        self,
        other: scenarios.Scenario | None = None,
        *,
        without: Sequence[str] = (),
        set_other: Sequence[str] = (),
        added: Sequence[str] = (),
        structures: bool = False,
        flip: Sequence[str] = (),
        seed: int = 1,
        replicates: int = 1,
        threads: int | None = None,
        out: Path | None = None,
    ) -> Comparison:
        """Run this policy and a less restrictive one, and set them side by side.

        Parameters
        ----------
        other, without, set_other
            The less restrictive policy: another scenario, or this one without some measures and
            with other values (``["measures.seal.tier=2"]``), or else the one it names itself.
        added
            Measures added to this policy, such as ``["food_delivery:share=0.5"]``; if nothing else
            is named it is compared with the scenario as it is.
        structures
            Also run both under every structural alternative of the model.
        flip
            Keys of numbers of which both ends of the range are run too.
        seed, replicates, threads, out
            As for `run`; both policies have the same seeds.

        Raises
        ------
        ScenarioError
            If there is nothing to compare with, or a scenario does not fit its place.
        """
        from lazaretto.studies.compare import compare
        from lazaretto.studies.pairs import How, described_pair, pair_of

        pair = pair_of(self, other, without, set_other, added)
        theirs = None
        if other is not None:
            known = other._changes if isinstance(other, Scenario) else None
            theirs = known or changes(other)
        pair = described_pair(pair, self, self._changes or changes(self), theirs)
        how = How(seed, replicates, threads, out)
        return compare(pair, how, structures=structures, flip=flip)
