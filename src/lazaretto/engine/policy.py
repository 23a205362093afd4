"""From today's orders to what transmission compares draws with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazaretto.chance import CERTAIN, threshold
from lazaretto.engine.contacts import QUEUEING, Policy
from lazaretto.engine.leakage import Leakage
from lazaretto.measures import Orders
from lazaretto.words import COMMUNITY, COMPOUND, CONTROLLED, HOUSEHOLD, LAYERS, WORKPLACE


def policy_of(
    orders: Orders,
    confinement: NDArray[np.float64],
    apart: NDArray[np.float64],
    loop_key: np.uint64,
    moved: bool,
    leak: Leakage,
    active: float = 1.0,
) -> Policy:
    """Return tiers and the chance that each kind of contact still happens.

    Parameters
    ----------
    orders
        Today's orders.
    confinement
        Share of contacts that remains by tier, for residents (0) and essential workers (1),
        by layer; shape (n_tiers, 2, n_layers), the open tier all 1.
    apart
        Share of contacts that remains of a person isolated at home, shape (n_layers,).
    loop_key
        Stream of `Purpose.CLOSED_LOOP`.
    moved
        Whether anybody may not be at large.
    leak
        Who breaks the rules today.
    active
        Share of households that meet others at all; who is out then meets others who are out as
        often as before, so far as contacts outside the household were less than this share.
    """
    who = np.stack([orders.contacts, orders.essential], axis=1)
    if active < 1:
        outside = np.arange(len(LAYERS)) != HOUSEHOLD
        who[..., outside] = np.minimum(who[..., outside] / active, 1)
    share = who[:, None] * confinement[None]
    visits = orders.visiting[:, None, None]
    if visits.any():
        most = who[:, None, :, COMMUNITY]
        together = np.minimum(share[:, CONTROLLED:, :, COMMUNITY] + visits * most, most)
        share[:, CONTROLLED:, :, COMMUNITY] = together
    careful = np.stack([orders.caution, orders.caution_essential], axis=1)
    share[:, :CONTROLLED] *= careful[:, None]
    staff = np.zeros((share.shape[0], share.shape[1], 1, len(LAYERS)))
    staff[..., WORKPLACE] = who[:, None, 1:, WORKPLACE]
    share = np.concatenate([share, staff], axis=2)
    usual = np.concatenate([who * careful, staff[:, 0]], axis=1)
    # Policies of the last weeks are kept: those of open days share one array.
    tier = orders.tier.copy() if orders.tier.any() else orders.all_open
    queueing = orders.queueing > 0
    queue = np.zeros(share.shape[0])
    if queueing.any():
        np.maximum.at(queue, orders.places.compound_district, orders.queueing)
        tier = tier + (np.uint8(QUEUEING) * queueing)[orders.places.building_compound]
    queued = share.copy()
    queued[:, :, :2, COMPOUND] = np.minimum(share[:, :, :2, COMPOUND] + queue[:, None, None], 1)
    keep = threshold(np.concatenate([share, queued, usual[:, None]], axis=1))
    looped = bool(orders.closed_loop.any())
    free = not looped and not leak.few
    if free:
        present = np.flatnonzero(np.bincount(tier)) if tier.any() else np.zeros(1, np.int64)
        free = bool((keep[:, present, :2] == CERTAIN).all())
    return Policy(
        tier=tier,
        keep=keep,
        apart=threshold(apart),
        loop=threshold(orders.closed_loop),
        loop_key=loop_key,
        free=int(free),
        looped=int(looped),
        moved=int(moved),
        leak=leak,
    )
