"""Slow proofs of break-outs: how they cluster in time (B8) and from city to city (B17).

B8. In November 2022 the China Dissent Monitor counted 89 protests against COVID rules, of which 27
in the three days 25 to 27 November, after the fire of 24 November (behaviour notes 2.8). The days
of the others are not published here, so the model is fitted to these two numbers, over the ranges
of behaviour notes 2.3, with and without a common shock. B17. Qin, Stromberg and Wu 2024 (doi
10.3982/ECTA20146): protests spread between cities that read each other within about two days.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from itertools import product

import numpy as np
import pytest
from breakout_city import city, day_of, without_ends
from numpy.lib.stride_tricks import sliding_window_view
from scipy.optimize import minimize
from scipy.signal import lfilter
from scipy.stats import norm, poisson

from lazaretto.behaviour.breakouts import Breakouts
from lazaretto.behaviour.messages import Messages, reach
from lazaretto.scenario.messages import Messages as Talk

TOTAL, IN_THREE_DAYS, DAYS, FIRE = 89, 27, 30, 23
"""November 2022; the fire is on its 24th day, counted from 0."""

SMALL = {"starters": 0, "recruits_alpha": 0.1, "recruits_beta": 100}
LIMIT = norm.isf(1e-6 / 2)
ETAS = np.arange(2, 10) / 10
TAUS = (1.0, 1.5, 2.0, 3.0, 4.0)
"""Ranges of behaviour notes 2.3."""


def counts(n, days, eta, tau, each_day, shock=0.0, shock_day=FIRE, warm_up=60, seed=1):
    """Return break-outs by country and day of countries that know nothing of each other, (n, days).

    Each is a district of one run, in which the mean is ``each_day`` beside what a shock of that
    many break-outs and their offspring add: news of the same thing reaches all.
    """
    compounds = 240
    places = city(n, 1, compounds)
    background = each_day * (1 - eta) / compounds
    numbers = without_ends(local=eta, memory=tau, ignition=background, by_message=1, **SMALL)
    run = Breakouts(numbers, seed, places)
    counted = np.zeros((n, days), np.int64)
    for day in range(-warm_up, days):
        news = np.full(n, 1000.0 * shock if day == shock_day + 1 else 0.0)
        events = day_of(run, places, day + warm_up, newly_aware=news)
        if day >= 0:
            counted[:, day] = np.bincount(places.compound_district[events.compound], minlength=n)
    return counted


def most_in_three_days(counted):
    return sliding_window_view(counted, 3, axis=-1).sum(axis=-1).max(axis=-1)


def like_november(counted):
    """Return which months are within a tenth of both numbers of November 2022."""
    total, most = counted.sum(axis=1), most_in_three_days(counted)
    return (np.abs(total - TOTAL) <= 9) & (np.abs(most - IN_THREE_DAYS) <= 3)


def bunched(counted):
    """Return in which months three days have 30 percent or more."""
    return most_in_three_days(counted) >= 0.3 * np.maximum(counted.sum(axis=1), 1)


@lru_cache
def fitted_to_november(shocks):
    """Return (eta, tau, shock), how often each is like November, and how often bunched."""
    found = []
    months = 1000 if shocks == (0.0,) else 250
    for shock, eta, tau in product(shocks, ETAS, TAUS):
        each_day = (TOTAL - shock / (1 - eta)) / DAYS
        if each_day <= 0:
            continue
        counted = counts(months, DAYS, eta, tau, each_day, shock, warm_up=int(12 * tau))
        found.append((eta, tau, shock, like_november(counted).mean(), bunched(counted).mean()))
    return np.array(found)


def quantile(values, weights, share):
    order = np.argsort(values)
    return values[order][np.searchsorted(np.cumsum(weights[order]) / weights.sum(), share)]


# --- B8 -----------------------------------------------------------------------------------------


def test_b8_poisson_is_rejected():
    one_window = poisson.sf(IN_THREE_DAYS - 1, TOTAL * 3 / DAYS)
    any_window = (DAYS - 2) * one_window  # a bound
    print(f"Poisson: {one_window:.1e} in that window, at most {any_window:.1e} in any")
    assert any_window < 1e-4


@pytest.mark.parametrize(("eta", "tau", "shock"), [(0.7, 1.0, 0.0), (0.4, 2.0, 15.0)])
def test_b8_near_the_fit_months_bunch_like_november(eta, tau, shock):
    """At medians of the posterior of the slow test below; three days have 30 percent or more."""
    each_day = (TOTAL - shock / (1 - eta)) / DAYS
    share = bunched(counts(300, DAYS, eta, tau, each_day, shock, warm_up=20)).mean()
    print(f"eta {eta}, tau {tau}, shock {shock}: {share:.3f}")
    assert share > 0.05


@pytest.mark.slow
def test_b8_without_contagion_or_shock_the_model_is_poisson():
    """Fano factor of monthly counts 1, and no month in 1000 as bunched as November 2022."""
    counted = counts(1000, DAYS, 0.0, 2.0, TOTAL / DAYS)
    total = counted.sum(axis=1)
    fano = total.var(ddof=1) / total.mean()
    print(f"mean {total.mean():.1f}, Fano {fano:.3f}, bunched {bunched(counted).mean():.4f}")
    assert abs(fano - 1) < LIMIT * np.sqrt(2 / 999) + 0.02
    assert bunched(counted).mean() < 0.01


@pytest.mark.slow
@pytest.mark.parametrize(
    "shocks", [(0.0,), (5.0, 10.0, 15.0, 20.0)], ids=["without shock", "with shock"]
)
def test_b8_the_fitted_process_bunches_like_november(shocks):
    """P(three days have 30 percent or more) is above 0.05 under the posterior of the fit."""
    eta, tau, shock, like, bunching = fitted_to_november(shocks).T
    best = np.argmax(like)
    middle = [quantile(eta, like, q) for q in (0.05, 0.5, 0.95)]
    predicted = (like * bunching).sum() / like.sum()
    print(f"R_D posterior median {middle[1]:.1f} ({middle[0]:.1f} to {middle[2]:.1f}), mean shock "
          f"{(like * shock).sum() / like.sum():.1f}; P(share >= 0.30) {predicted:.3f}, at the best "
          f"(eta {eta[best]}, tau {tau[best]}, shock {shock[best]}) "
          f"{bunching[best]:.3f}")  # fmt: skip
    for memory in TAUS:
        at = tau == memory
        if like[at].sum():
            print(f"  tau {memory}: weight {like[at].sum() / like.sum():.2f}, median R_D "
                  f"{quantile(eta[at], like[at], 0.5):.1f}, P "
                  f"{(like * bunching)[at].sum() / like[at].sum():.3f}")  # fmt: skip
    assert predicted > 0.05
    assert bunching[best] > 0.05


def less_log_likelihood(parameters, counted, shock_day=None):
    """Return -ln L of daily counts as Poisson given the past, without its constant.

    Parameters are the ln of the background a day, eta, the memory tau and, where the day of a
    shock is given, the ln of the break-outs it adds.
    """
    background, eta, tau = np.exp(parameters[0]), *parameters[1:3]
    kept = 1 - 1 / tau
    before = background * eta / (1 - eta) * tau  # to come on the first day, in the mean
    still, _ = lfilter([1.0], [1.0, -kept], eta * counted[:-1], zi=[kept * before])
    mean = background + np.concatenate([[before], still]) / tau
    if shock_day is not None:
        mean[shock_day] += np.exp(parameters[3])
    return float((mean - counted * np.log(mean)).sum())


def fitted(counted, shock_day=None):
    """Return the most likely eta of daily counts."""
    per_day = np.log(max(counted.mean(), 0.1))
    bounds = [(per_day - 4, per_day + 1), (0.0, 0.97), (1.0, 4.0), (-5, 5)]
    starts = [(per_day + np.log(1 - eta), eta, 2.0, 0.0) for eta in (0.5,)]
    k = 3 if shock_day is None else 4
    fits = [
        minimize(less_log_likelihood, start[:k], (counted, shock_day), bounds=bounds[:k])
        for start in starts
    ]
    return min(fits, key=lambda fit: fit.fun).x[1]


@pytest.mark.slow
@pytest.mark.parametrize(("eta", "shock"), [(0.3, 0.0), (0.6, 0.0), (0.6, 15.0), (0.8, 0.0)])
def test_b8_eta_is_found_again_in_simulated_data(eta, shock):
    """50 runs of a year at three break-outs a day; the middle of the fits is within 0.1.

    What a single month gives is printed: it is too little to tell eta from the background.
    """
    days, shock_day = 365, 200
    counted = counts(50, days, eta, 2.0, TOTAL / DAYS, shock, shock_day)
    found = np.array([fitted(of, shock_day + 1 if shock else None) for of in counted])
    month = np.array([fitted(of[:DAYS]) for of in counted])
    print(f"eta {eta}: fitted to a year {found.mean():.3f} (sd {found.std():.3f}, "
          f"{(np.abs(found - eta) < 0.1).mean():.0%} within 0.1); "
          f"to a month {month.mean():.3f} (sd {month.std():.3f})")  # fmt: skip
    assert abs(found.mean() - eta) < 0.1
    assert abs(np.median(found) - eta) < 0.1


# --- B17 ----------------------------------------------------------------------------------------

NETWORKS, CITIES, COMPOUNDS, COPIES = 6, 5, 60, 4
"""Networks of people who message each other, cities (districts of one run) of each, compounds of
each city, copies with which a message begins."""

TALK = {"variation": 0, "tail": 5, "messaging": {"copies": {"messaging": 0.7}}}
"""Messages of even success, so that their effect can be seen in a few hundred days."""


def by_city(seed, days, messages_active):
    """Return break-outs by city and day, with two layers: neighbours in the city, and messages."""
    n = NETWORKS * CITIES
    places = city(n, 1, COMPOUNDS)
    persons = np.full(CITIES, COMPOUNDS * 1000)
    reached = reach(Talk.model_validate(TALK), persons, 500, 1, copies=COPIES).mean()
    told = persons.sum() / 1000 * reached
    numbers = without_ends(
        ignition=0.2 / COMPOUNDS, local=0.2, memory=1.5, by_message=0.4 / told, filmed_size=0.01,
        success_counts=1, **SMALL,
    )  # fmt: skip
    run = Breakouts(numbers, seed, places)
    talk = [
        Messages(
            Talk.model_validate({**TALK, "active": messages_active}),
            seed + 1000 * network, persons, date(2022, 11, 1),
        )
        for network in range(NETWORKS)
    ]  # fmt: skip
    aware, counted = np.zeros(n), np.zeros((n, days), np.int64)
    for day in range(days):
        events = day_of(run, places, day, newly_aware=aware)
        where = places.compound_district[events.compound]
        counted[:, day] = np.bincount(where, minlength=n)
        for at in where[events.filmed].tolist():
            talk[at // CITIES].begin(day, at % CITIES, copies=COPIES)
        aware = np.concatenate([network.advance(day).newly_aware for network in talk])
    return counted


def effect_of_others(counted, lags):
    """Return (effect, standard error): break-outs here of one elsewhere in the network.

    Least squares, as in Qin et al., with a level for each day and the city's own past; all lags
    are in one regression. Cities are alike, so none has a level of its own: one would bias the
    effect by about -1/days, as in every panel with a lagged response (Nickell 1981).
    """
    n, days = counted.shape
    network = counted.reshape(NETWORKS, CITIES, days)
    others = (network.sum(axis=1, keepdims=True) - network).reshape(n, days).astype(float)

    def past(series, which):
        return sum(series[:, 6 - lag : days - lag] for lag in which)

    def within(series):
        return (series - series.mean(axis=0)).ravel()

    own = [past(counted.astype(float), (lag,)) for lag in range(1, 7)]
    x = np.stack([within(past(others, lag)) for lag in lags] + [within(o) for o in own], axis=1)
    y = within(counted[:, 6:].astype(float))
    inverse = np.linalg.inv(x.T @ x)
    effect = inverse @ (x.T @ y)
    left = y - x @ effect
    error = np.sqrt(left @ left / (y.size - x.shape[1] - days) * np.diag(inverse))
    return effect[: len(lags)], error[: len(lags)]


@pytest.mark.slow
def test_b17_break_outs_spread_between_cities_by_messages_alone():
    """50 seeds: an effect of the last two days where there are messages, none where there are not.

    One simulated set is one panel as Qin et al. have; the mean over seeds has false-alarm rate
    1e-6. Messages reach the cities of their own network only, so a day's level takes out nothing.
    """
    seeds, days, soon, late = 50, 250, (1, 2), (5, 6)
    for active in (True, False):
        fits = [effect_of_others(by_city(s, days, active), (soon, late)) for s in range(seeds)]
        effect = np.array([effect for effect, _ in fits])
        significant = (np.array([e / se for e, se in fits]) > norm.isf(0.025)).mean(axis=0)
        z = effect.mean(axis=0) / (effect.std(axis=0, ddof=1) / np.sqrt(seeds))
        print(f"messages {'on' if active else 'off'}: effect at 1-2 days {effect[:, 0].mean():.4f} "
              f"(z {z[0]:.1f}, significant in {significant[0]:.0%}), at 5-6 days "
              f"{effect[:, 1].mean():.4f} (z {z[1]:.1f}, {significant[1]:.0%})")  # fmt: skip
        if active:
            assert z[0] > LIMIT
            assert significant[0] > 0.5
            assert abs(effect[:, 1].mean()) < 0.3 * effect[:, 0].mean()
        else:
            assert abs(z[0]) < LIMIT
            assert significant[0] < 0.2
