"""The command that sets policies side by side: a pair, or several by name."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from lazaretto.commands.options import (
    AsJson,
    Replicates,
    Report,
    RunFolders,
    ScenarioName,
    Seed,
    Threads,
)
from lazaretto.commands.several import compare_named
from lazaretto.commands.starting import check_folder, say_idle, say_if_compiling
from lazaretto.console import (
    complain,
    file_given,
    print_json,
    problems_shown,
    progress_shown,
    stop_asked,
    stopped_at,
)


def compare_policies(
    scenario: ScenarioName,
    other: Annotated[
        str | None,
        typer.Argument(help="The less restrictive policy: a scenario or YAML file.",
                       metavar="[OTHER]"),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="MEASURE",
                     help="Leave a measure out of the less restrictive policy; repeatable."),
    ] = None,
    set_other: Annotated[
        list[str] | None,
        typer.Option("--set-other", metavar="KEY=VALUE",
                     help="Set a value of the less restrictive policy; repeatable."),
    ] = None,
    added: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME|KIND:KEY=VALUE,...",
                     help="Another policy to be set beside SCENARIO: an alternative it names, a "
                     "scenario, a file; or a measure to add, as food_delivery:share=0.5; "
                     "repeatable."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a value in both; repeatable."),
    ] = None,
    structures: Annotated[
        bool,
        typer.Option("--structures", help="Run both under every structural alternative too."),
    ] = False,
    flip: Annotated[
        list[str] | None,
        typer.Option("--flip", metavar="KEY",
                     help="Run both at the ends of the range of a number too; repeatable."),
    ] = None,
    seed: Seed = 1,
    replicates: Replicates = 1,
    threads: Threads = 0,
    folder: RunFolders = Path("runs"),
    report: Report = True,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Run a policy and the next less restrictive one, and set them side by side.

    The other policy is OTHER, or SCENARIO changed by --without and --set-other, or SCENARIO as it
    is where --with adds to it, or the one that it names as less_restrictive. A policy with support
    is also run without it. Finished runs are found again. With --with NAME, several policies are
    set beside SCENARIO.
    """
    from lazaretto.console.comparison import print_comparison
    from lazaretto.engine.checked import read_checked
    from lazaretto.reporting import beside_of, write_report
    from lazaretto.studies import Interrupted, changes, cores
    from lazaretto.studies.compare import compare
    from lazaretto.studies.pairs import How, described_pair, pair_of

    report_s = 0.0
    with problems_shown(as_json):
        check_folder(folder)
        for name in filter(None, (scenario, other)):
            file_given(name)
        policy = read_checked(scenario, overrides or [])
        pairwise = (other, without, set_other, structures, flip)
        if compare_named(policy, added or [], pairwise, overrides or [], seed, replicates, threads,
                         folder, report=report, as_json=as_json):  # fmt: skip
            return
        second = None if other is None else read_checked(other, overrides or [])
        pair = pair_of(policy, second, without or (), set_other or (), added or ())
        theirs = None if second is None else changes(second, overrides or [])
        pair = described_pair(pair, policy, changes(policy, overrides or []), theirs)
        say_idle([pair.policy, pair.less])
        say_if_compiling()
        began = time.perf_counter()
        try:
            with progress_shown(as_json) as progress, stop_asked() as stop:
                how = How(seed, replicates, threads or cores(), folder, progress, stop)
                made = compare(pair, how, structures=structures, flip=flip or (),
                               announce=None if as_json else complain)  # fmt: skip
        except Interrupted as stopped:
            stopped_at(stopped.goes_on_from)
        runs_s, written = time.perf_counter() - began, None
        if report and made.policy.folder is not None:
            written = made.policy.folder.report
            with progress_shown(as_json) as progress:
                write_report(
                    made.pair.policy,
                    made.policy,
                    progress,
                    less_restrictive=made.less.results,
                    aim=made.aim,
                    structures=made.other_structures,
                    flips=made.flipping,
                    unsupported=None if made.unsupported is None else made.unsupported.results,
                    beside=beside_of(made),
                )
            report_s = time.perf_counter() - began - runs_s
    if as_json:
        print_json(made.as_json() | {"report": None if written is None else str(written)})
    else:
        print_comparison(made, written, (runs_s, report_s))
