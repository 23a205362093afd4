"""The people of the nation: every place once, villages where rural, one cache for all of them."""

from __future__ import annotations

import hashlib
import json
import os
import resource
from dataclasses import replace
from math import erfc, exp, log, sqrt

import numpy as np
import pytest
from typer.testing import CliRunner

from lazaretto.cli import app
from lazaretto.people import (
    CensusError,
    fidelity,
    make_population,
    population,
    read_area,
    scaled,
    town,
)
from lazaretto.people import assumptions as a
from lazaretto.people.collective import collective_residents
from lazaretto.people.nation import make_all, prefectures
from lazaretto.people.population import COLLECTIVE, HEAD
from lazaretto.people.tables import shipped
from lazaretto.people.villages import residents_of_villages, village_compounds

NATION = 1_409_778_724
"""Residents of mainland China in the census of 2020, without the military."""

BEFORE_VILLAGES = {
    "jinshan": "2d4d558eaaceb3140f3774bf42ba2a3b0344599a11963d6070a839486552b360",
    "chongming": "a8f5d1e1114ab438dba24db8c8e03945063a1a5a595563eca9dfbe3bcf708adc",
    "town": "911f4603cbbed3bb3e61ec62b06afd3713d4f75af34340b4742d481083634ef5",
}
"""Digests of the arrays of whole numbers, taken before there were villages."""

SMALL = ["sansha", "shennongjialin"]


@pytest.fixture(scope="module")
def lhasa():
    census = read_area("lhasa")
    return census, make_population(census)


def _digest(people):
    digest = hashlib.sha256()
    for name, array in sorted(people.arrays().items()):
        if array.dtype.kind in "iu":
            digest.update(f"{name}:{array.dtype.str}:{array.shape}:".encode() + array.tobytes())
    return digest.hexdigest()


# Places -------------------------------------------------------------------------------------


def test_the_prefectures_hold_every_resident_once():
    codes = prefectures()
    assert len(set(codes)) == len(codes) == 368
    censuses = [read_area(code) for code in codes]
    assert len({census.name for census in censuses}) == 368
    assert sum(census.n_persons for census in censuses) == NATION


def test_rural_residents_are_those_of_the_table_where_a_place_is_one_row():
    for row in shipped("china_prefectures_census2020"):
        census = read_area(row["area_code"])
        rural = int(row["population"]) - int(row["urban_population"])
        # Shanghai and Beijing are made by district, and their districts' tables do not say.
        assert census.rural.sum() == (rural if census.n_districts == 1 else 0)
        assert (census.rural <= census.family_persons).all(), "nobody in a dormitory is rural"


@pytest.mark.parametrize("name", BEFORE_VILLAGES)
def test_a_place_without_villages_is_what_it_was(name):
    made = town(3_000) if name == "town" else make_population(read_area(name))
    assert _digest(made) == BEFORE_VILLAGES[name]


# Villages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sansha", "shennongjialin", "beitun", "ali"])
def test_small_places_match_their_census_to_the_unit(name):
    census = read_area(name)
    people = make_population(census, threads=1)
    exact = [m for m in fidelity(people, census).margins if m.exact]
    assert len(exact) == 6
    for margin in exact:
        assert np.array_equal(margin.made, margin.expected), margin.name
    assert people.n_persons == census.n_persons
    assert people.nbytes < 8 * people.n_persons + 60_000  # tables of pairs of housemates: 43 kB


@pytest.mark.parametrize("name", ["shennongjialin", "ali", "lhasa", "fuyang"])
def test_rural_residents_live_in_villages_to_within_half_a_household(name):
    census = scaled(read_area(name), 60_000, 1)
    people = make_population(census, threads=1)
    assert census.rural[0] > 10_000
    assert abs(residents_of_villages(people, census)[0] - census.rural[0]) <= 5


def test_villages_come_last_and_nobody_in_them_lives_in_a_dormitory(lhasa):
    census, people = lhasa
    village = village_compounds(people, census)
    assert (np.diff(village.astype(int)) >= 0).all()
    first = people.compound_start[:-1][village][0]
    assert not (people.attributes[first:] & COLLECTIVE).any()
    assert people.attributes[first] & HEAD
    rural = np.bincount(people.compound_subdistrict, weights=village)
    mixed = (rural > 0) & (rural < np.bincount(people.compound_subdistrict))
    assert mixed.sum() <= 1, "all townships but one are of one kind"


def test_villages_and_lanes_have_the_sizes_assumed(lhasa):
    census, people = lhasa
    village = village_compounds(people, census)
    sizes = np.diff(people.compound_start)[village]
    lanes = np.diff(people.building_start)[village[people.building_compound]]
    # Chance of a false alarm below 1e-6 each: 5 standard errors.
    error = a.LANE_MEAN * sqrt(exp(a.LANE_SPREAD**2) - 1) / sqrt(lanes.size)
    assert abs(lanes.mean() - a.LANE_MEAN) < 5 * error
    # Villages drawn smaller than a lane are lost in the next, so larger ones are counted. Their
    # number varies with the number of all, whose variance is that times the squared spread.
    drawn = census.rural[0] / a.VILLAGE_MEAN
    median = log(a.VILLAGE_MEAN) - a.VILLAGE_SPREAD**2 / 2
    for size in (100, 200, 400, 800):
        share = erfc((log(size) - median) / a.VILLAGE_SPREAD / sqrt(2)) / 2
        error = sqrt(drawn * share * (1 - share + share * (exp(a.VILLAGE_SPREAD**2) - 1)))
        assert abs((sizes > size).sum() - drawn * share) < 5 * error, size


def test_towns_are_built_as_where_nobody_is_rural(lhasa):
    census, people = lhasa
    village = village_compounds(people, census)
    towns = make_population(replace(census, rural=np.zeros(1, np.int64)))
    assert not village_compounds(towns, replace(census, rural=np.zeros(1, np.int64))).any()
    assert np.array_equal(towns.persons_by_age(), people.persons_by_age())
    buildings = np.diff(people.building_start)[~village[people.building_compound]]
    error = a.BUILDING_MEAN * sqrt(exp(a.BUILDING_SPREAD**2) - 1)
    # Chance of a false alarm below 1e-6: 5 standard errors, and ends of two rows cut short.
    bound = 5 * error / sqrt(buildings.size) + 2 * a.BUILDING_MEAN / buildings.size
    assert abs(buildings.mean() - a.BUILDING_MEAN) < bound
    assert towns.n_buildings < people.n_buildings / 2


def test_a_place_may_be_rural_to_the_last_family():
    census = scaled(read_area("fuyang"), 2_000, 1)
    census = replace(census, rural=census.family_persons)
    people = make_population(census, threads=1)
    assert residents_of_villages(people, census)[0] == census.family_persons[0]
    assert np.array_equal(people.persons_by_age(), census.persons)


def test_where_institutions_hold_nearly_all_children_live_there_too():
    persons = np.full(18, 100)
    living = collective_residents(persons, 1_790)
    assert living.sum() == 1_790
    assert (living <= persons).all()
    assert (persons - living)[:3].max() <= 1


# The cache ----------------------------------------------------------------------------------


def test_what_is_kept_is_found_again_and_what_is_damaged_is_made_again(tmp_path):
    said = []
    made = make_all(SMALL, workers=1, cache=tmp_path, progress=lambda *told: said.append(told))
    assert [place.name for place in made] == SMALL
    assert not any(place.found for place in made)
    assert [place.persons for place in made] == [2_333, 66_571]
    on_disk = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert sum(place.bytes for place in made) == on_disk
    assert said[-1][0] == "people of 2 of 2 places, 0:00 left"
    assert said[-1][1] == pytest.approx(1.0)
    again = make_all([*SMALL, "460300"], workers=1, cache=tmp_path)
    assert [(p.name, p.persons, p.bytes) for p in again] == [
        (p.name, p.persons, p.bytes) for p in made
    ]
    assert all(place.found for place in again)
    group = next(tmp_path.glob("people/sansha-*/group.npy"))
    group.write_bytes(group.read_bytes()[:-1] + b"\x7f")
    assert [p.found for p in make_all(SMALL, workers=1, cache=tmp_path)] == [False, True]
    assert all(p.found for p in make_all(SMALL, workers=1, cache=tmp_path))


def test_processes_do_not_change_the_people(tmp_path):
    contents = []
    for workers in (1, 2):
        make_all(SMALL, workers=workers, cache=tmp_path / str(workers))
        files = sorted((tmp_path / str(workers)).rglob("*.npy"))
        assert len(files) == 2 * 16
        contents.append([(path.parent.name, path.name, path.read_bytes()) for path in files])
    assert contents[0] == contents[1]


@pytest.mark.parametrize("workers", [1, 2])
def test_asked_to_stop_it_goes_on_with_the_rest_next_time(tmp_path, workers):
    places = [*SMALL, "beitun", "huyanghe", "wuzhishan"]
    asked = [False]

    def told(_said, _share):
        asked[0] = True

    made = make_all(places, workers=workers, cache=tmp_path, progress=told, stop=lambda: asked[0])
    assert 1 <= len(made) < len(places)
    assert "wuzhishan" in [place.name for place in made], "the largest is made first"
    rest = make_all(places, workers=1, cache=tmp_path)
    assert [place.name for place in rest] == places
    assert sum(place.found for place in rest) == len(made)
    assert not list(tmp_path.glob("people/.*")), "nothing half-written is left"


def test_a_nation_may_be_open_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("lazaretto.people.cache.SMALL", 0)
    make_all(SMALL, workers=1, cache=tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    few = lowest_free + 10  # One population needs 16 files.
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, limits[1]))
        found = [population(place, cache=tmp_path) for place in SMALL]
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > few
        assert [people.n_persons for people in found] == [2_333, 66_571]
        assert not any(path.name.startswith(".") for path in (tmp_path / "people").iterdir())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_all_unknown_places_are_named_at_once(tmp_path):
    with pytest.raises(CensusError) as error:
        make_all(["sansha", "atlantis", "lemuria"], cache=tmp_path)
    assert len(error.value.problems) == 2
    assert not list(tmp_path.iterdir())


def test_a_census_that_cannot_be_met_does_not_stop_the_others(tmp_path, monkeypatch):
    whole = read_area("shennongjialin")
    old = np.full((1, 18), 100)
    old[0, 0] += whole.n_persons - old.sum()  # A place of infants.
    broken = replace(whole, name="infants", persons=old)
    monkeypatch.setattr(
        "lazaretto.people.nation.read_area",
        lambda place: broken if place == "infants" else read_area(place),
    )
    with pytest.raises(CensusError, match="infants: "):
        make_all(["infants", "sansha"], workers=1, cache=tmp_path)
    assert [p.found for p in make_all(["sansha"], workers=1, cache=tmp_path)] == [True]


def test_the_command_says_what_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("LAZARETTO_CACHE", str(tmp_path))
    runner = CliRunner()
    shown = runner.invoke(app, ["people", *SMALL, "--workers", "1"])
    assert shown.exit_code == 0
    assert "68,904 persons" in shown.stdout
    assert "2 made, 0 found" in shown.stdout
    told = runner.invoke(app, ["people", *SMALL, "--workers", "1", "--json"])
    content = json.loads(told.stdout)
    assert (content["persons"], content["made"], content["found"]) == (68_904, 0, 2)
    assert [place["name"] for place in content["places"]] == SMALL
    wrong = runner.invoke(app, ["people", "atlantis"])
    assert wrong.exit_code == 2
