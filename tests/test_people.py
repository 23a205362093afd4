"""The synthetic population: margins to the unit, places in order, households, schools and work."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from lazaretto.people import (
    Population,
    areas,
    fidelity,
    make_population,
    population,
    read_area,
    scaled,
    town,
)
from lazaretto.people.assumptions import FIGURES
from lazaretto.people.census import shares_to_counts
from lazaretto.people.home_contacts import adjusted_demography, household_contacts
from lazaretto.people.households import family_households, households_by_size
from lazaretto.people.margins import round_table
from lazaretto.people.population import BAND_MASK, COLLECTIVE, ESSENTIAL, HEAD

SIZES = (300, 3_000, 20_000)


@pytest.fixture(scope="module")
def chongming() -> Population:
    return make_population(read_area("chongming"))


@pytest.fixture(scope="module", params=SIZES)
def some_town(request) -> Population:
    return town(request.param)


def _households(p: Population):
    heads = np.flatnonzero(p.attributes & HEAD)
    return heads, np.append(heads, p.n_persons)


# Margins ------------------------------------------------------------------------------------


# Margins ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", SIZES)
def test_a_town_matches_its_census_to_the_unit(n):
    census = scaled(read_area("shanghai"), n, 3)
    p = town(n)
    assert p.n_persons == n
    assert np.array_equal(p.persons_by_age(), census.persons)
    for margin in fidelity(p, census).margins:
        if margin.exact:
            assert np.array_equal(margin.made, margin.expected), margin.name


def test_a_whole_district_matches_the_census(chongming):
    f = fidelity(chongming, read_area("chongming"))
    exact = [m for m in f.margins if m.exact]
    assert len(exact) == 6
    for margin in exact:
        assert np.array_equal(margin.made, margin.expected), margin.name
    # Chance of a false alarm below 1e-6: 5 standard errors of the smallest margin.
    assert all(m.worst < 0.02 for m in f.margins if not m.exact and "65" not in m.name)
    assert "exact" in str(f)


def test_generations_are_met():
    census = read_area("chongming")
    sizes = households_by_size(
        int(census.family_households[0]), int(census.family_persons[0]),
        int(census.one_person[0]), census.size_share,
    )  # fmt: skip
    assert sizes.sum() == census.family_households[0]
    assert sizes @ np.arange(1, 11) == census.family_persons[0]
    persons = shares_to_counts(census.persons[0] / 1.0, int(census.family_persons[0]))
    made = family_households("x", 0, 0, persons, sizes, census.generations[0])
    assert np.array_equal(made.generations, census.generations[0])
    assert np.array_equal(np.bincount(made.bands, minlength=18), persons)


@pytest.mark.parametrize("place", ["lasa", "ali", "hetian", "liupanshui", "beijing", "shanwei"])
def test_young_and_old_prefectures_are_feasible(place):
    census = scaled(read_area(place), 5_000, 1)
    p = make_population(census, threads=1)
    assert np.array_equal(p.persons_by_age(), census.persons)


def test_every_place_has_a_consistent_census():
    known = areas()
    assert len({p.name for p in known}) == len(known) == 401
    assert sum(p.population for p in known if len(p.code) == 6 and p.districts == 16) > 46e6


def test_rounding_keeps_both_margins():
    rng_free = (np.arange(40 * 18) * 0.6180339887) % 1.0
    exact = rng_free.reshape(40, 18) * 3.0
    rows = np.round(exact.sum(axis=1)).astype(np.int64)
    columns = shares_to_counts(exact.sum(axis=0), int(rows.sum()))
    out = round_table(exact, rows, columns, rng_free[::-1].copy())
    assert np.array_equal(out.sum(axis=1), rows)
    assert np.array_equal(out.sum(axis=0), columns)
    assert out.min() >= 0


# Places -------------------------------------------------------------------------------------


def test_places_nest_and_cover_everybody(some_town):
    p = some_town
    starts = [p.building_start, p.compound_start, p.subdistrict_start, p.district_start]
    for s in starts:
        assert s[0] == 0
        assert s[-1] == p.n_persons
        assert (np.diff(s) > 0).all()
    for fine, coarse in pairwise(starts):
        assert np.isin(coarse, fine).all()
    for fine, coarse, above in (
        (p.building_start, p.compound_start, p.building_compound),
        (p.compound_start, p.subdistrict_start, p.compound_subdistrict),
        (p.subdistrict_start, p.district_start, p.subdistrict_district),
    ):
        assert np.array_equal(above, np.searchsorted(coarse, fine[:-1], side="right") - 1)
    heads = p.attributes[p.building_start[:-1]] & HEAD
    assert heads.all(), "a building begins with a household"
    assert p.n_compounds >= 2 * p.n_districts
    blocks = np.arange(0, p.n_persons, 64)
    assert p.building_of_block.size == blocks.size
    assert (p.building_start[p.building_of_block] <= blocks).all()
    assert (p.building_start[p.building_of_block + 1] > blocks).all()


def test_children_never_live_alone(some_town, chongming):
    for p in (some_town, chongming):
        heads, ends = _households(p)
        bands = p.bands()
        oldest = np.maximum.reduceat(bands, heads)
        youngest = np.minimum.reduceat(bands, heads)
        assert (oldest[youngest < 3] >= 4).all()
        assert (bands[heads] >= 3).all()
        assert np.diff(ends).max() <= 15


def test_collective_households_have_their_own_buildings(chongming):
    collective = (chongming.attributes & COLLECTIVE) > 0
    census = read_area("chongming")
    assert collective.sum() == census.n_persons - census.family_persons.sum()
    for counts in (
        np.add.reduceat(collective, chongming.building_start[:-1]),
        np.add.reduceat(collective, _households(chongming)[0]),
    ):
        assert counts.max() > 0
    whole = np.add.reduceat(collective, chongming.building_start[:-1])
    assert np.isin(whole, [0]).sum() + (whole == np.diff(chongming.building_start)).sum() == (
        chongming.n_buildings
    )
    heads, ends = _households(chongming)
    assert np.diff(ends)[collective[heads]].max() <= 8


def test_sizes_of_places_are_as_stated(chongming):
    p = chongming
    assert 100 < p.n_persons / p.n_buildings < 120
    assert 1_000 < p.n_persons / p.n_compounds < 1_350
    compounds = np.diff(p.compound_start)
    assert np.median(compounds) < 0.85 * compounds.mean(), "skewed"


def test_mixing_rows_sum_to_one():
    p = town(20_000, n_districts=3)
    assert p.mixing.shape == (3, 3)
    assert np.allclose(p.mixing.sum(axis=1), 1.0)
    assert (p.mixing > 0).all()
    flow = p.mixing * np.diff(p.district_start)[:, None]
    assert np.allclose(flow, flow.T)  # as many of a meet b as of b meet a
    assert make_population(scaled(read_area("wuhan"), 2_000, 1)).mixing.tolist() == [[1.0]]


# Households ---------------------------------------------------------------------------------


def test_household_tables_against_counting_one_by_one():
    p = town(3_000)
    pairs = np.zeros((17, 18, 18), np.int64)
    persons = np.zeros((17, 18), np.int64)
    heads, ends = _households(p)
    for first, last in zip(heads, ends[1:], strict=True):
        bands = [int(b) & BAND_MASK for b in p.attributes[first:last]]
        for i, x in enumerate(bands):
            persons[len(bands), x] += 1
            for j, y in enumerate(bands):
                if i != j:
                    pairs[len(bands), x, y] += 1
    assert np.array_equal(p.household_pairs, pairs)
    assert np.array_equal(p.household_persons, persons)
    assert np.array_equal(p.household_pairs, p.household_pairs.transpose(0, 2, 1))


def test_household_contacts_are_those_of_the_definition():
    pairs = np.zeros((17, 18, 18), np.int64)
    persons = np.zeros((17, 18), np.int64)
    # One household of a child (band 0) and two parents (band 6), and one person alone (band 6).
    persons[3, 0], persons[3, 6], persons[1, 6] = 1, 2, 1
    pairs[3, 0, 6], pairs[3, 6, 0], pairs[3, 6, 6] = 2, 2, 2
    f = household_contacts(pairs, persons)
    assert f[0, 6] == 1.0
    assert f[6, 0] == pytest.approx(1 / 3)
    assert f[6].sum() == pytest.approx(2 / 3)


def test_demography_is_read_from_a_reciprocal_matrix():
    old = 1.0 + np.arange(18) % 5
    meetings = np.outer(np.arange(1, 19), np.arange(1, 19)) * 1.0
    meetings = meetings + meetings.T
    f = meetings / old[:, None]
    new = np.arange(18, 0, -1)
    out = adjusted_demography(f, new)
    by_hand = f * (new / old)
    by_hand *= f.sum(axis=1, keepdims=True) / by_hand.sum(axis=1, keepdims=True)
    assert np.allclose(out, by_hand)
    assert np.allclose(adjusted_demography(f, old), f)


@pytest.mark.slow
def test_shanghai_is_faithful():
    p = population("shanghai")
    f = fidelity(p, read_area("shanghai"))
    assert all(np.array_equal(m.made, m.expected) for m in f.margins if m.exact)
    assert f.cosine_adjusted >= 0.95
    assert f.cosine >= 0.90
    assert p.n_subdistricts == 216
    assert p.nbytes <= 8.0 * p.n_persons


# Schools and workplaces ---------------------------------------------------------------------


def test_members_and_groups_are_inverse(some_town, chongming):
    for p in (some_town, chongming):
        assert p.member.size == np.count_nonzero(p.group >= 0) == p.group_start[-1]
        group_of_member = np.repeat(np.arange(p.n_groups), np.diff(p.group_start))
        assert np.array_equal(p.group[p.member], group_of_member)
        inside = np.diff(group_of_member) == 0
        assert (np.diff(p.member)[inside] > 0).all(), "ascending inside a group"
        assert (np.diff(p.group_start) > 0).all()
        assert p.group_district.size == p.n_groups
        assert p.group_district.max() < p.n_districts


def test_pupils_go_to_school_near_home_and_workers_to_work():
    p = town(20_000)
    bands = p.bands()
    school = (p.group >= 0) & (p.group < p.n_schools)
    work = p.group >= p.n_schools
    assert bands[work].min() >= 3
    home = np.repeat(np.arange(p.n_districts), np.diff(p.district_start))
    young = school & (bands < 3)
    assert np.array_equal(home[young], p.group_district[p.group[young]])
    away = home[work] != p.group_district[p.group[work]]
    assert 0.05 < away.mean() < 0.9


def test_workmates_live_apart(chongming):
    p = chongming
    sizes = np.diff(p.group_start)
    large = p.n_schools + int(np.argmax(sizes[p.n_schools :]))
    members = p.member[p.group_start[large] : p.group_start[large + 1]]
    compounds = np.searchsorted(p.compound_start, members, side="right") - 1
    assert np.unique(compounds).size > 0.5 * min(p.n_compounds, members.size)
    # A random pair shares a building with a chance of about 110 / 638,000.
    buildings = np.searchsorted(p.building_start, members, side="right") - 1
    same = members.size - np.unique(buildings).size
    assert same < 6 * (1 + members.size**2 / 2 * 150 / p.n_persons)


def test_essential_workers_work(chongming):
    essential = (chongming.attributes & ESSENTIAL) > 0
    assert (chongming.group[essential] >= chongming.n_schools).all()
    assert 0.02 < essential.mean() < 0.08


# Size and sources ---------------------------------------------------------------------------


def test_byte_budget(chongming):
    assert chongming.nbytes <= 8.0 * chongming.n_persons
    assert all(not a.flags.writeable for a in chongming.arrays().values())


def test_every_figure_has_a_source():
    assert len(FIGURES) > 50
    for name, figure in FIGURES.items():
        assert figure.source, name
        assert figure.unit, name
        assert figure.status in ("measured", "fitted", "assumed"), name
