"""Reported cases of a place of one's own, kept beside its census as ``cases.csv``."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from lazaretto.people.tables import CensusError, csv_rows, quoted

CASES = "cases.csv"
"""Name of the file in the folder of a place."""

COLUMNS = ("reported", "deaths", "found", "found_in_quarantine", "sealed")
"""Columns it may have beside the date, persons a day of the whole place; the first it must have."""


def cases_by_day(file: Path) -> dict[date, dict[str, float]]:
    """Return what a table of cases has of each day; a number that is left out is not there.

    Parameters
    ----------
    file
        A CSV in UTF-8: ``date`` (ISO), ``reported`` and any other of `COLUMNS`, one row a day.

    Raises
    ------
    CensusError
        With every problem of the file.
    """
    problems: list[str] = []
    days: dict[date, dict[str, float]] = {}
    columns, rows = csv_rows(file)
    strange = [name for name in columns if name not in ("date", *COLUMNS)]
    if strange or "date" not in columns or COLUMNS[0] not in columns:
        raise CensusError([f"{file.name}: columns {', '.join(columns) or 'none'}; needed are date, "
                           f"{COLUMNS[0]}, and any of {', '.join(COLUMNS[1:])}"])  # fmt: skip
    for number, row in enumerate(rows, start=2):
        where = f"{file.name}, row {number}"
        try:
            day = date.fromisoformat(row["date"])
        except ValueError:
            problems.append(f"{where}, date: {quoted(row['date'])} is not a date; write 2020-03-08")
            continue
        if day in days:
            problems.append(f"{where}, date: {day} appears twice; give one row a day")
        days[day] = {}
        for column in columns:
            text = row[column]
            if column == "date" or not text:
                continue
            try:
                value = float(text)
            except ValueError:
                value = float("nan")
            if not 0 <= value < float("inf"):
                problems.append(f"{where}, {column}: {quoted(text)} is not allowed; "
                                "give a number, 0 or more, or leave it empty")  # fmt: skip
            else:
                days[day][column] = value
    if problems:
        raise CensusError(problems)
    return dict(sorted(days.items()))
