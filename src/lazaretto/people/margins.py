"""Whole-number tables with exact margins: proportional fitting, then controlled rounding.

Only additions, multiplications, divisions and comparisons: the bits do not depend on the machine.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(nogil=True, cache=True)
def fit_margins(
    table: NDArray[np.float64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    steps: int,
) -> None:
    """Scale ``table`` in place until its sums are ``rows`` and ``columns`` (Deming & Stephan 1940).

    Parameters
    ----------
    table
        (n_rows, n_columns) non-negative seed; zeros stay zero.
    rows, columns
        Wanted sums, with equal totals.
    steps
        Most sweeps over rows and columns; stops when columns hold to 1e-9.
    """
    n_rows, n_columns = table.shape
    sums = np.empty(n_columns)
    for _ in range(steps):
        sums[:] = 0.0
        for i in range(n_rows):
            for j in range(n_columns):
                sums[j] += table[i, j]
        worst = 0.0
        for j in range(n_columns):
            worst = max(worst, abs(sums[j] - columns[j]) / max(columns[j], 1))
            sums[j] = columns[j] / sums[j] if sums[j] > 0.0 else 0.0
        for i in range(n_rows):
            total = 0.0
            for j in range(n_columns):
                table[i, j] *= sums[j]
                total += table[i, j]
            factor = rows[i] / total if total > 0.0 else 0.0
            for j in range(n_columns):
                table[i, j] *= factor
        if worst < 1e-9:
            break


@njit(nogil=True, cache=True)
def _push(
    out: NDArray[np.int64],
    support: NDArray[np.float64],
    row_left: NDArray[np.int64],
    column_left: NDArray[np.int64],
) -> bool:
    """Move one unit along a shortest path from a short row to a short column."""
    n_rows, n_columns = out.shape
    row_from = np.full(n_rows, -2, np.int64)
    column_from = np.full(n_columns, -2, np.int64)
    queue = np.empty(n_rows + n_columns, np.int64)
    head = tail = 0
    for i in range(n_rows):
        if row_left[i] > 0:
            row_from[i] = -1
            queue[tail] = i
            tail += 1
    end = -1
    while head < tail and end < 0:
        node = queue[head]
        head += 1
        if node < n_rows:
            for j in range(n_columns):
                if column_from[j] == -2 and support[node, j] > 0.0:
                    column_from[j] = node
                    if column_left[j] > 0:
                        end = j
                        break
                    queue[tail] = n_rows + j
                    tail += 1
        else:
            j = node - n_rows
            for i in range(n_rows):
                if row_from[i] == -2 and out[i, j] > 0:
                    row_from[i] = j
                    queue[tail] = i
                    tail += 1
    if end < 0:
        return False
    column_left[end] -= 1
    j = end
    while True:
        i = column_from[j]
        out[i, j] += 1
        j = row_from[i]
        if j == -1:
            row_left[i] -= 1
            return True
        out[i, j] -= 1


@njit(nogil=True, cache=True)
def _round_up(
    exact: NDArray[np.float64],
    out: NDArray[np.int64],
    row_left: NDArray[np.int64],
    column_left: NDArray[np.int64],
    order: NDArray[np.int64],
) -> None:
    """Take the whole parts as far as sums allow, then units in ``order``, then move units."""
    n_rows, n_columns = exact.shape
    missing = 0
    for i in range(n_rows):
        for j in range(n_columns):
            whole = min(out[i, j], row_left[i], column_left[j])
            out[i, j] = whole
            row_left[i] -= whole
            column_left[j] -= whole
        missing += row_left[i]
    for cell in order:
        i, j = cell // n_columns, cell % n_columns
        if row_left[i] > 0 and column_left[j] > 0 and exact[i, j] > out[i, j]:
            out[i, j] += 1
            row_left[i] -= 1
            column_left[j] -= 1
            missing -= 1
    while missing > 0:
        if not _push(out, exact, row_left, column_left):
            break
        missing -= 1


def round_table(
    exact: NDArray[np.float64],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    chance: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Round a table to whole numbers whose sums are exactly ``rows`` and ``columns``.

    Cells are rounded down; the units left are given to cells with probability growing with their
    fraction, then along shortest augmenting paths, never to a cell that is zero in ``exact``.

    Parameters
    ----------
    exact
        (n_rows, n_columns) table that nearly has these sums.
    rows, columns
        Wanted sums, with equal totals.
    chance
        (n_rows * n_columns,) numbers in [0, 1).

    Returns
    -------
    NDArray
        (n_rows, n_columns); its sums differ from the wanted only if no table can have them.
    """
    out = np.floor(exact).astype(np.int64)
    fraction = (exact - out).ravel()
    # A race of clocks with the fractions as rates; rational instead of exponential, so that no
    # logarithm decides the order and it is the same on every machine.
    time = np.full(fraction.size, np.inf)
    np.divide((1.0 - chance) / (chance + 1e-12), fraction, out=time, where=fraction > 0.0)
    order = np.argsort(time, kind="stable")
    _round_up(exact, out, rows.copy(), columns.copy(), order)
    return out
