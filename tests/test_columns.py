"""Names over columns are broken where a reader would break them."""

from __future__ import annotations

import pytest

from lazaretto.console.columns import LEAST, MOST, broken, letters_over, wide


@pytest.mark.parametrize(
    ("name", "letters", "lines"),
    [
        ("lockdown-14-days-earlier", 22, ["lockdown-14-days-", "earlier"]),
        ("lockdown-14-days-earlier", 12, ["lockdown-14-", "days-earlier"]),
        ("measures.seal.from", 10, ["measures.", "seal.from"]),
        ("food-insecure days", 10, ["food-", "insecure", "days"]),
        ("seal.from 2022-03-21", 12, ["seal.from", "2022-03-21"]),
        ("three-zones-by-building", 4, ["three-", "zones-", "by-", "building"]),
        ("short", 10, ["short"]),
    ],
)
def test_a_name_is_broken_between_its_pieces(name, letters, lines):
    assert broken(name, letters).split("\n") == lines


def test_names_share_what_the_labels_leave():
    assert letters_over(80, 4) == LEAST
    assert LEAST < letters_over(110, 4) < MOST
    assert letters_over(300, 2) == MOST
    assert letters_over(80, 2) > letters_over(80, 2, taken=28)


def test_a_table_is_as_wide_as_its_longest_lines():
    assert wide([["a", "two\nlines"], ["word", "x"]]) == 4 + 5 + 2 * 3
