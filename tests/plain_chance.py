"""Further bits of a draw in plain Python integers, as the reference engine takes them."""

from __future__ import annotations

from lazaretto.chance import GOLDEN, draw_plain


def second_plain(bits: int) -> int:
    """Return the same bits as `lazaretto.chance.second`."""
    return draw_plain((bits + int(GOLDEN)) & (1 << 64) - 1, 0, 0)
