"""Contacts of the community that depend on age: from a survey's matrix to relative rates.

A matrix says how many contacts a day a participant of one age has with persons of another. What
the engine needs is how much likelier than at random two persons meet who are both there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lazaretto.people.tables import CensusError, Row, csv_rows, shipped
from lazaretto.words import AGE_BANDS

Floats = NDArray[np.float64]

SHIPPED = {"cai2022": "contact_matrix_cai2022_14bands"}
"""Matrices by the name a scenario gives them."""

COLUMNS = ("age_of_participant", "age_of_contact", "contacts_per_day_mean")
YEARS = 5 * len(AGE_BANDS)
"""Single years of age; the last band is taken as as wide as the others."""

AT_RANDOM: Floats = np.ones((1, 1))
"""Relative rates of contacts that do not depend on age."""
AT_RANDOM.flags.writeable = False


class MixingError(ValueError):
    """A contact matrix that cannot be used; one sentence each in ``problems``."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, eq=False)
class ContactMatrix:
    """Contacts per day by age.

    Parameters
    ----------
    first_age
        First age of each band, years, ascending from 0, shape (n,).
    contacts
        Contacts per day of a participant (row) with persons of a band (column), shape (n, n).
    """

    first_age: NDArray[np.int64]
    contacts: Floats

    def band_of_year(self) -> NDArray[np.int64]:
        """Return the band of each single year of age, shape (90,)."""
        return np.searchsorted(self.first_age, np.arange(YEARS), side="right") - 1


def read_matrix(name: str, folder: Path | None = None) -> ContactMatrix:
    """Return a shipped contact matrix, or that of a user's CSV.

    Parameters
    ----------
    name
        A name of `SHIPPED`, or the path of a file that ends in ``.csv`` with the columns
        ``age_of_participant``, ``age_of_contact`` (such as 0-4 or 70+) and
        ``contacts_per_day_mean``, one row for each pair.
    folder
        Folder against which a relative path is read.

    Raises
    ------
    MixingError
        With every problem at once.
    """
    if name in SHIPPED:
        return _matrix(shipped(SHIPPED[name]))
    if not name.endswith(".csv"):
        names = ", ".join(SHIPPED)
        raise MixingError([f"no matrix {name!r}; there are: {names}; or give the path of a CSV"])
    path = (folder or Path.cwd()) / name
    try:
        columns, rows = csv_rows(path)
    except (OSError, CensusError) as error:
        raise MixingError([f"{name} cannot be read: {error}"]) from None
    missing = [column for column in COLUMNS if not rows or column not in columns]
    if missing:
        raise MixingError([f"{name}: no column {column}" for column in missing])
    return _matrix(rows)


def _matrix(rows: Iterable[Row]) -> ContactMatrix:
    problems: list[str] = []
    cells: dict[tuple[int, int], float] = {}
    ends: dict[int, int] = {}
    for line, row in enumerate(rows, 2):
        ages = [re.fullmatch(r"(\d{1,2})(?:-(\d{1,2})|\+)", row[column]) for column in COLUMNS[:2]]
        try:
            value = float(row[COLUMNS[2]])
        except ValueError:
            value = np.nan
        if not (np.isfinite(value) and value >= 0):
            problems.append(f"line {line}: {row[COLUMNS[2]]!r} is no number of 0 or more")
        if ages[0] is None or ages[1] is None:
            problems.append(f"line {line}: ages such as 0-4 or 70+")
            continue
        for said in ages:
            if said is not None:
                ends[int(said[1])] = YEARS if said[2] is None else int(said[2]) + 1
        pair = (int(ages[0][1]), int(ages[1][1]))
        if pair in cells:
            problems.append(f"line {line}: {row[COLUMNS[0]]} with {row[COLUMNS[1]]} comes twice")
        cells[pair] = value
    first = sorted(ends)
    if not problems and [ends[age] for age in first] != [*first[1:], YEARS]:
        problems.append("the age bands leave out an age, or name one twice")
    problems += [
        f"no row for {a} and over with {b} and over"
        for a in first
        for b in first
        if not problems and (a, b) not in cells
    ]
    if not problems and not any(cells.values()):
        problems.append("nobody meets anybody")
    if problems:
        raise MixingError(problems)
    contacts = np.array([[cells[a, b] for b in first] for a in first], np.float64)
    return ContactMatrix(np.array(first, np.int64), contacts)


def relative_rates(matrix: ContactMatrix, residents: NDArray[np.int64]) -> Floats:
    """Return how much likelier than at random an infected person meets another, by age of both.

    A person is exposed at the contacts that persons of that age report, so an infected person of
    age a meets one of age b at the rate c[b, a] / n[a], the contacts of b with a over the persons
    there are of age a; where a matrix is reciprocal this is c[a, b] / n[b]. Bands are cut at
    single years of age, equally many persons in each of a five-year band.

    Parameters
    ----------
    matrix
        Contacts per day by age.
    residents
        Residents by five-year band, shape (18,).

    Returns
    -------
    By age band of the infected (row) and of the one met (column), shape (18, 18); the mean over
    pairs of residents is 1.
    """
    by_year = np.repeat(residents / 5.0, 5)
    band = matrix.band_of_year()
    in_band = np.bincount(band, by_year, minlength=matrix.first_age.size)
    per_pair = (matrix.contacts / np.maximum(in_band, 1e-300)).T
    per_pair[in_band == 0] = 0.0
    years = per_pair[band[:, None], band]
    n = len(AGE_BANDS)
    rates = years.reshape(n, 5, n, 5).mean(axis=(1, 3))
    share = residents / residents.sum()
    return np.asarray(rates / float(share @ rates @ share), np.float64)
