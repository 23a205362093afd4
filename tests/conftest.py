"""What holds for all tests: which files go first, and what is kept of those that prove a claim.

Two workers share files, and the longest must not be the last.
"""

from __future__ import annotations

import pytest
from evidence import (  # noqa: F401  # hooks
    mark_evidence,
    pytest_addoption,
    pytest_configure,
    pytest_runtest_protocol,
)

LONGEST_FIRST = (
    "test_reference.py", "test_compare.py", "test_structures_and_ranges.py",
    "test_compare_support.py", "test_ranks.py", "test_reference_nation.py", "test_calibration.py",
    "test_fitted_scenario.py", "test_frontier.py", "test_frontier_closed_forms.py", "test_cli.py",
    "test_cli_problems.py", "test_cli_check_and_inspect.py", "test_report_people.py",
    "test_report_people_figures.py", "test_sweep.py",
)  # fmt: skip
"""Files that took a minute and more (26 November 2026), and what has since been split from them;
see the durations that pytest prints."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, the others as they were."""
    mark_evidence(items)
    place = {name: i for i, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))
