"""From today's orders to what the kernels compare draws with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import CERTAIN, threshold
from lazaretto.engine.surveillance import Search
from lazaretto.engine.transmission import Policy
from lazaretto.measures import Orders


def policy_of(orders: Orders, confinement: NDArray[np.float64]) -> Policy:
    """Return tiers and the chance that each kind of contact still happens.

    Parameters
    ----------
    orders
        Today's orders.
    confinement
        Share of contacts that remains by tier, for residents (0) and essential workers (1),
        by layer; shape (n_tiers, 2, n_layers), the open tier all 1.
    """
    who = np.stack([orders.contacts, orders.essential], axis=1)
    keep = threshold(who[:, None] * confinement[None])
    present = np.unique(orders.tier)
    return Policy(orders.tier.copy(), keep, int((keep[:, present] == CERTAIN).all()))


def search_of(orders: Orders) -> Search:
    """Return how the infected are looked for today."""
    return Search(
        seek=threshold(orders.seek),
        seek_wait=orders.seek_wait.copy(),
        seek_isolate=orders.seek_isolate.astype(np.uint8),
        screen=threshold(orders.screen),
        screen_wait=orders.screen_wait.copy(),
        screen_isolate=orders.screen_isolate.astype(np.uint8),
    )
