"""What is counted: confinement by building, addresses, labels, and what is worked out of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import xarray as xr

from lazaretto.outcomes import (
    Addresses,
    Confinement,
    Tally,
    dataset,
    found_in_quarantine,
    mean_turnaround,
    person_days,
    share_again,
    share_in_quarantine,
    side_by_side,
)
from lazaretto.outcomes.results import DESCRIPTION, DIMENSIONS, OF_BEHAVIOUR, OF_BORDER, OF_PART
from lazaretto.scenario.behaviour import PARTS, Behaviour
from lazaretto.words import FOUND_WHERE, ORIGINS

DISTRICT = np.repeat([0, 1, 2], [40, 1, 30])
N_DAYS = 30


def town(seed=1):
    return np.random.default_rng(seed).integers(0, 40, (DISTRICT.size, 18)).astype(np.uint16)


def tiers(seed=2):
    """Return tiers by day: some days change nothing, some a few buildings, some whole districts."""
    random, tier, found = np.random.default_rng(seed), np.zeros(DISTRICT.size, np.uint8), []
    for day in range(N_DAYS):
        tier = tier.copy()
        if day % 3 == 1:
            tier[random.integers(0, tier.size, 5)] = random.integers(0, 4, 5)
        if day % 7 == 3:
            district = random.integers(0, 3)
            tier[district == DISTRICT] = random.integers(0, 4)
        found.append(tier)
    return np.array(found)


def slowly(by_day, residents):
    """Return what confinement must say, building by building and day by day."""
    by_district = np.zeros((N_DAYS, 3, 4), int)
    by_age = np.zeros((N_DAYS, 18, 4), int)
    longest, stay = [0] * DISTRICT.size, [0] * DISTRICT.size
    for day, tier in enumerate(by_day):
        for b, level in enumerate(tier):
            by_district[day, DISTRICT[b], level] += residents[b].sum()
            by_age[day, :, level] += residents[b]
            stay[b] = stay[b] + 1 if level >= 2 else 0
            longest[b] = max(longest[b], stay[b])
    stays = np.zeros((18, N_DAYS + 1), int)
    for b, length in enumerate(longest):
        stays[:, length] += residents[b]
    return by_district, by_age, stays


# Confinement


def test_confinement_is_what_counting_every_building_every_day_gives():
    residents, by_day = town(), tiers()
    confinement = Confinement(DISTRICT, residents, 3)
    counted = [confinement.count(tier) for tier in by_day]
    by_district, by_age, stays = slowly(by_day, residents)
    assert (np.array(counted).sum(axis=3) == by_district).all()
    assert (np.array(counted).sum(axis=1).transpose(0, 2, 1) == by_age).all()
    assert (confinement.longest_stays(N_DAYS) == stays).all()
    assert counted[0].dtype == np.int64
    assert by_district[:, :, 2:].any(), "somebody was confined"


def test_everybody_is_counted_once_every_day():
    residents = town()
    confinement = Confinement(DISTRICT, residents, 3)
    for tier in tiers():
        table = confinement.count(tier)
        assert (table.sum(axis=(0, 1)) == residents.sum(axis=0)).all()


@pytest.mark.parametrize("stop", [1, 11, 29])
def test_confinement_goes_on_from_what_it_holds(stop):
    residents, by_day = town(), tiers()
    whole, first, second = (Confinement(DISTRICT, residents, 3) for _ in range(3))
    for tier in by_day:
        last = whole.count(tier)
    for tier in by_day[:stop]:
        first.count(tier)
    second.restore({name: array.copy() for name, array in first.held().items()})
    for tier in by_day[stop:]:
        found = second.count(tier)
    assert (found == last).all()
    assert all((a == b).all() for a, b in zip(second.stays(), whole.stays(), strict=True))
    assert (second.longest_stays(N_DAYS) == whole.longest_stays(N_DAYS)).all()


def test_stays_are_days_closed_then_days_open_and_how_long_the_last_was():
    confinement = Confinement(DISTRICT, town(), 3)
    never = confinement.stays()[1]
    assert (never == 1 << 14).all(), "never closed"
    for tier in (3, 3, 2, 1, 0):
        confinement.count(np.full(DISTRICT.size, tier, np.uint8))
        closed, opened, last = (int(array[0]) for array in confinement.stays())
        found = {3: (0, 1 << 14), 2: (3, 1 << 14), 1: (0, 1), 0: (0, 2)}
        assert tier == 3 or (closed, opened) == found[tier]
        assert last == (3 if tier < 2 else 0)


def test_yesterdays_count_is_not_changed_by_todays():
    confinement = Confinement(DISTRICT, town(), 3)
    before = confinement.count(np.zeros(DISTRICT.size, np.uint8))
    kept = before.copy()
    confinement.count(np.full(DISTRICT.size, 3, np.uint8))
    assert (before == kept).all()


# Addresses


def test_addresses_are_what_keeping_every_list_gives():
    random = np.random.default_rng(5)
    lists = [random.integers(0, 60, random.integers(0, 25)) for _ in range(N_DAYS)]
    tally, addresses = Tally.of(N_DAYS, 1), Addresses(60)
    for day, listed in enumerate(lists):
        addresses.count(tally, day, listed)
    known = [set(listed.tolist()) for listed in lists]
    seen = set()
    for day, listed in enumerate(known):
        assert tally.addresses[day].tolist() == [len(listed), len(listed - seen)]
        seen |= listed
        for lag in range(22):
            later = known[day + lag] if day + lag < N_DAYS else set()
            assert tally.addresses_again[day, lag] == len(listed & later), (day, lag)
    for days in range(1, N_DAYS + 1):
        often = sum(sum(c in listed for listed in known) == days for c in range(60))
        assert tally.addresses_by_days[days] == often
    assert tally.addresses_by_days[0] == 0
    assert tally.addresses_by_days.sum() == len(seen)


def test_share_again_is_missing_beyond_the_end():
    tally, addresses = Tally.of(4, 1), Addresses(3)
    for day, listed in enumerate(([0, 1], [1], [], [0])):
        addresses.count(tally, day, np.array(listed, int))
    share = share_again(labelled(tally))
    assert share.isel(date=0, days_later=slice(0, 4)).values.tolist() == [1, 0.5, 0, 0.5]
    assert np.isnan(share.isel(date=0, days_later=4))
    assert np.isnan(share.isel(date=2)).all(), "nothing was listed on this day"


# Labels


def labelled(tally, stocks=(), residents=200_000, behaviour=tuple(OF_PART), border=True):
    n_days, n_districts = tally.infections.shape[:2]
    stays = np.zeros((18, n_days + 1), int)
    names = tuple("abc"[:n_districts])
    persons = np.full(n_districts, residents)
    start = date(2022, 3, 1)
    return dataset(tally, stays, start, names, persons, {"seed": 1}, stocks, behaviour, border)


def numbered(n_days=5):
    """Return a tally in which every number is another one."""
    tally, number = Tally.of(n_days, 3, 2, 6), 0
    for array in tally.arrays().values():
        array[...] = np.arange(number, number + array.size).reshape(array.shape)
        number += array.size
    return tally


def test_without_a_border_nothing_is_said_of_it():
    names = set(OF_BORDER)
    assert names <= set(labelled(numbered(), [("a", "beds"), ("b", "beds")]).data_vars)
    assert not names & set(
        labelled(numbered(), [("a", "beds"), ("b", "beds")], border=False).data_vars
    )


def test_every_count_has_its_labels_unit_and_meaning():
    tally = numbered()
    results = labelled(tally, [("laboratories", "tubes/day"), ("beds", "beds")])
    parts = {"confirmed": 0, "asymptomatic": 1, "reclassified": 2}
    assert set(results.data_vars) == set(DIMENSIONS) == set(DESCRIPTION)
    assert set(tally.arrays()) - {"reports"} == set(DIMENSIONS) - set(parts) - {"longest_stay"}
    for name, array in tally.arrays().items():
        if name == "reports":
            for part, at in parts.items():
                assert (results[part].values == array[:, :, at]).all()
        elif name == "trust":
            assert (results[name].values == array / 1e6).all()
        else:
            assert (results[name].values == array).all(), name
    for variable in results.data_vars.values():
        assert variable.attrs["units"]
        assert variable.attrs["long_name"]
        for axis in variable.dims:
            assert axis in results.coords or axis == "subdistrict", axis
    assert list(results["layer"].values) == list(ORIGINS)
    assert dict(zip(results["stock"].values, results["stock_unit"].values, strict=True)) == {
        "laboratories": "tubes/day", "beds": "beds"}  # fmt: skip


@pytest.mark.parametrize(
    ("residents", "areas"),
    [([200_000] * 3, ["a", "b", "c"]), ([99_999, 1, 500_000], ["whole place"]), ([30_000] * 3, [])],
)
def test_what_people_did_is_not_told_of_small_areas(residents, areas):
    tally = numbered()
    results = labelled(tally, [("a", "beds"), ("b", "beds")], np.array(residents))
    told = set(OF_BEHAVIOUR) & set(results.data_vars)
    assert told == (set(OF_BEHAVIOUR) if areas else set())
    for name in ("breakouts", "breakout_persons", "aware") if areas else ():
        assert results[name].dims == ("date", "area")
        assert results["area"].values.tolist() == areas
        assert (results[name].sum("area").values == getattr(tally, name).sum(axis=1)).all()


def test_nothing_is_told_of_people_who_did_not_respond():
    results = labelled(numbered(), [("a", "beds"), ("b", "beds")], behaviour=())
    assert not set(OF_BEHAVIOUR) & set(results.data_vars)


@pytest.mark.parametrize("part", OF_PART)
def test_nothing_is_told_of_a_part_that_is_off(part):
    others = [name for name in OF_PART if name != part]
    results = labelled(numbered(), [("a", "beds"), ("b", "beds")], behaviour=others)
    assert set(OF_BEHAVIOUR) - set(results.data_vars) == set(OF_PART[part])
    assert "area" in results.coords


def test_parts_of_the_results_are_parts_of_the_scenario():
    assert set(OF_PART) < set(PARTS)
    assert set(Behaviour().parts_at_work()) == set(PARTS)
    off = Behaviour.model_validate({"trust": {"active": False}, "breakouts": {"active": False}})
    assert off.parts_off() == ("trust", "breakouts")
    assert "messages" not in off.parts_at_work(), "there is nothing to tell"
    seeded = {"messages": {"seeded": [{"date": "2022-04-22", "name": "a"}]}}
    assert "messages" in Behaviour.model_validate(off.model_dump() | seeded).parts_at_work()


def test_no_variable_is_finer_than_districts_but_totals_by_subdistrict():
    finer = {"compound", "building", "household", "person"}
    assert not any(finer & set(axes) for axes in DIMENSIONS.values())
    assert [name for name, axes in DIMENSIONS.items() if "subdistrict" in axes] == [
        "cases_by_subdistrict"
    ]


def test_results_are_written_and_read_again(tmp_path):
    both = side_by_side([labelled(numbered(), [("a", "beds"), ("b", "doses/day")])] * 2, [1, 2])
    assert both["stock_unit"].dims == ("stock",)
    path = tmp_path / "results.nc"
    packed = {name: {"zlib": True} for name in both.data_vars}
    both.to_netcdf(path, engine="h5netcdf", encoding=packed)
    xr.testing.assert_identical(xr.load_dataset(path, engine="h5netcdf"), both)
    bare = side_by_side([labelled(Tally.of(3, 2))] * 2, [1, 2])
    assert not {"stock_used", "cases_by_subdistrict"} & set(bare.data_vars)
    bare.to_netcdf(path, engine="h5netcdf", encoding={name: {"zlib": True} for name in bare})
    xr.testing.assert_identical(xr.load_dataset(path, engine="h5netcdf"), bare)


def test_stocks_must_be_named():
    with pytest.raises(ValueError, match="0 stocks are named, 2 are counted"):
        labelled(Tally.of(3, 1, 2))


def test_equal_infections_have_equal_hashes():
    one, other = Tally.of(5, 2), Tally.of(5, 2)
    other.samples[:] = 7
    assert one.series_sha256() == other.series_sha256()
    other.infections[4, 1, 8] = 1
    assert one.series_sha256() != other.series_sha256()


# Worked out


def test_found_in_quarantine_by_each_definition():
    tally = Tally.of(2, 1)
    tally.found[0, 0] = (1, 20, 300, 4000, 50000, 600000)  # in the order of FOUND_WHERE
    results = labelled(tally)
    wanted = {"strict": 21, "official": 321, "official, controlled areas too": 4321}
    for name, number in wanted.items():
        assert found_in_quarantine(results, name).values.tolist() == [[number], [0]]
    assert found_in_quarantine(results, ["facility", "open"]).values[0, 0] == 600001
    assert found_in_quarantine(results, FOUND_WHERE).values[0, 0] == 654321
    share = share_in_quarantine(results)
    assert share.values[0] == 321 / 654321
    assert np.isnan(share.values[1]), "nobody was found"
    with pytest.raises(ValueError, match="'lenient'; one of strict, official"):
        found_in_quarantine(results, "lenient")
    with pytest.raises(ValueError, match="nobody is found in 'hospital'"):
        found_in_quarantine(results, ["hospital"])


def test_turnaround_and_person_days():
    tally = Tally.of(3, 2)
    tally.results[:], tally.result_days[:] = (4, 0, 10), (6, 0, 10)
    tally.held[:, :, 0, 1] = 5
    tally.held[0, 0, 2, 0] = 7
    tally.persons_by_tier[:, 1, 3] = 100
    tally.patients[1, 0] = (3, 2)
    tally.children_apart[:] = (1, 2, 3)
    results = labelled(tally)
    turnaround = mean_turnaround(results).values
    assert turnaround[[0, 2]].tolist() == [1.5, 1]
    assert np.isnan(turnaround[1])
    cost = person_days(results)
    assert dict(zip(cost["kind"].values, cost.values.tolist(), strict=True)) == {
        "precaution": 0, "controlled": 0, "sealed": 300, "isolated at home": 7,
        "in a facility": 30, "hospital ward": 3, "hospital icu": 2,
        "children apart": 6}  # fmt: skip
    both = person_days(side_by_side([results, results], [1, 2]))
    assert set(both.dims) == {"replicate", "kind"}
