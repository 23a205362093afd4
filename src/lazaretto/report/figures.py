"""The figures of a report in order, each with its heading and what one sees; saving them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from lazaretto.outcomes.results import SMALLEST_AREA
from lazaretto.report.appearance import WIDE
from lazaretto.report.by_city import city_figures
from lazaretto.report.chronicle import lockdown_starts, measure_table, measures_timeline
from lazaretto.report.confinement_figures import confined_over_time, longest_stays
from lazaretto.report.containment import (
    hospital_figures,
    isolation_figures,
    search_figures,
    stock_figures,
)
from lazaretto.report.figure import ReportFigure
from lazaretto.report.files import save_in_all_formats
from lazaretto.report.message_reach import MessageReach
from lazaretto.report.people_figures import people_figures, scale_figures
from lazaretto.report.replicates import (
    FEWEST_RUNS_FOR_BAND,
    RUNS_DRAWN,
    by_area,
    with_replicates,
)
from lazaretto.report.reported_by_district import reported_by_district
from lazaretto.report.reported_cases import reported_cases
from lazaretto.report.reproduction import WINDOW, effective_r
from lazaretto.report.tier_map import TILES, tier_map
from lazaretto.report.transmission import infections_by_layer

if TYPE_CHECKING:
    import altair as alt

    from lazaretto.outcomes.rows import Ledger


def report_figures(
    results: xr.Dataset,
    observed: pd.DataFrame | None = None,
    observed_by_district: pd.DataFrame | None = None,
    measures: Sequence[dict[str, Any]] = (),
    generation: NDArray[Any] | None = None,
    announced: pd.DataFrame | None = None,
    reach: MessageReach | None = None,
    costs: Ledger | None = None,
) -> list[ReportFigure]:
    """Return the figures of a report, in the order in which they are read.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real cases by day: columns date, new_infections and perhaps gross.
    observed_by_district
        Real cases by district: columns date, district, new_infections.
    measures
        The measures of the scenario.
    generation
        Generation-interval distribution by day, index 1 is one day.
    announced
        Announced residents by zone: columns date, tier, persons.
    reach
        How far messages go under the rules of the scenario.
    costs
        The ledger of the results, if it is there already.
    """
    if observed is None:
        observed = observed_by_district
    runs = with_replicates(results)
    n_runs = runs.sizes["replicate"]
    mean = "" if n_runs == 1 else " Means over the runs."
    thin = "single runs" if n_runs <= RUNS_DRAWN else f"the first {RUNS_DRAWN} runs"
    most = "all" if n_runs < FEWEST_RUNS_FOR_BAND else "90 %"
    drawn = (
        "The line is the one run there is."
        if n_runs == 1
        else f"The line is the median of {n_runs} runs, the bands hold half and {most} of them day"
        f" by day, thin lines are {thin}."
    )
    dots = " Dots are the real reports." if observed is not None else " There are no data."
    rates = (
        f"By instant: infections of a day over the infection pressure of all earlier ones. By case:"
        f" how many the people infected that day went on to infect, known to the model only. Both"
        f" over {WINDOW} days around the date; above one the epidemic grows. Days with too few"
        f" infections are left out."
        if generation is not None
        else f"How many the people infected on a day went on to infect, over {WINDOW} days around"
        f" the date; above one the epidemic grows. Days with too few infections are left out."
    )
    together = (
        f" Areas below {SMALLEST_AREA:,} residents are shown together."
        if by_area(runs).sizes["district"] < runs.sizes["district"]
        else ""
    )
    upright = (
        " Upright lines mark the first days of confinement."
        if lockdown_starts(measures, results["date"].values)
        else ""
    )
    laid_out = (
        ", placed roughly where it lies, north at the top"
        if str(results.attrs.get("place")) in TILES
        else ""
    )
    figures = [
        ReportFigure(
            "reported-cases", "wave", "Reported cases against the data",
            f"{drawn}{dots} Net leaves out confirmed cases that had been reported as asymptomatic"
            f" before; gross counts them twice, as the daily bulletins do.",
            lambda layout: reported_cases(results, observed, layout),
        ),
        ReportFigure(
            "reported-by-district", "wave", "By district",
            "Net reported infections a day, the districts with most cases first. Each panel has"
            f" its own scale.{together}",
            lambda layout: reported_by_district(results, observed_by_district, layout),
        ),
        ReportFigure(
            "infections-by-layer", "wave", "Where people were infected",
            "All infections, found or not, by the kind of contact through which they happened."
            " Shares are of the seven days around a date and are blank where these hold few"
            f" infections.{mean}",
            lambda layout: infections_by_layer(results, layout),
        ),
        ReportFigure(
            "effective-r", "wave", "Effective reproduction number",
            f"{rates}{upright}",
            lambda layout: effective_r(results, generation, measures, layout),
        ),
        *city_figures(results),
        *search_figures(results, observed, mean),
        *hospital_figures(results, observed, mean),
        ReportFigure(
            "tier-map", "confinement", "Where people were confined",
            f"Each tile is a district{laid_out}; its colours are the shares of its residents at"
            " each tier. The dates are the first, the last and"
            f" those on which the picture differs most.{mean}",
            lambda layout: tier_map(results, layout),
        ),
        ReportFigure(
            "confined-over-time", "confinement", "How many were confined",
            "Residents by the tier of their building. The coloured area is person-days; the axis"
            f" ends at all residents.{mean}",
            lambda layout: confined_over_time(results, layout),
        ),
        ReportFigure(
            "longest-stays", "confinement", "For how long",
            "The longest unbroken run of days each person spent in a building that was sealed or"
            " closed at the gate. Median, 90 % and 99 % are of those who were ever confined: the"
            f" mean hides the tail.{mean}",
            lambda layout: longest_stays(results, layout),
        ),
        *isolation_figures(results, announced, mean),
        *people_figures(results, reach),
        *stock_figures(results, mean),
        *scale_figures(results, costs),
    ]  # fmt: skip
    if len(measures) and measure_table(measures, results["date"].values)["inside"].any():
        figures.append(
            ReportFigure(
                "measures-timeline", "measures", "Timeline of the measures",
                "First to last day of each measure within the run.",
                lambda layout: measures_timeline(results, measures, layout),
            )
        )  # fmt: skip
    return figures


def plot(results: xr.Dataset, observed: pd.DataFrame | None = None) -> alt.ChartType:
    """Return the main figure: reported cases, with the data if given.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    observed
        Real cases by day: columns date, new_infections and perhaps gross.
    """
    return reported_cases(results, observed)


def save_figures(
    results: xr.Dataset,
    folder: Path | str,
    *,
    observed: pd.DataFrame | None = None,
    observed_by_district: pd.DataFrame | None = None,
    measures: Sequence[dict[str, Any]] = (),
    generation: NDArray[Any] | None = None,
    announced: pd.DataFrame | None = None,
    reach: MessageReach | None = None,
) -> list[Path]:
    """Write every figure as Vega-Lite, SVG and PNG; return the files.

    Parameters
    ----------
    results
        Labelled results of one or many runs.
    folder
        Where the files go; made if absent.
    observed, observed_by_district
        Real cases by day, and by day and district.
    measures
        The measures of the scenario.
    generation
        Generation-interval distribution by day, index 1 is one day.
    announced
        Announced residents by zone: columns date, tier, persons.
    reach
        How far messages go under the rules of the scenario.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    figures = report_figures(
        results, observed, observed_by_district, measures, generation, announced, reach
    )
    for figure in figures:
        written += save_in_all_formats(figure.draw(WIDE), target, figure.name)
    return written
