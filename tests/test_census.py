"""Census tables: finding a place, a user's own files, and every problem at once."""

from __future__ import annotations

import numpy as np
import pytest

from lazaretto.people import CensusError, areas, make_population, read_area, scaled
from lazaretto.people.areas import ALSO_CALLED
from lazaretto.words import AGE_BANDS, slug

HEAD = "area_code,level,name_en,age_band,male,female,total"
HOUSEHOLDS = (
    "area_code,family_households,family_household_population,one_person_households,"
    "one_generation_households,two_generation_households,three_generation_households,"
    "four_plus_generation_households"
)


def _ages(code: str, count: int = 100) -> list[str]:
    return [
        f"{code},district,{code.title()},{b},{count // 2},{count // 2},{count}" for b in AGE_BANDS
    ]


def _write(path, lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_shanghai_and_beijing_have_their_districts():
    shanghai = read_area("shanghai")
    assert shanghai.n_persons == 24_870_895
    assert shanghai.n_districts == 16
    assert shanghai.n_subdistricts == 216
    assert np.array_equal(shanghai.generations.sum(axis=1), shanghai.family_households)
    assert np.isfinite(shanghai.lon).all()
    beijing = read_area("Beijing")
    assert beijing.n_districts == 16
    assert "Chaoyang" in beijing.districts
    assert beijing.n_persons == 21_893_095


def test_a_place_by_code_name_and_chinese_name():
    assert read_area("420100").name == read_area("Wuhan").name == read_area("武汉").name == "wuhan"
    assert read_area("310151").n_persons == read_area("chongming").n_persons == 637_921
    assert read_area("shenzhen").contact_location == "Guangdong"


def test_unknown_and_ambiguous_places_say_what_to_do():
    with pytest.raises(CensusError, match="near are shanghai"):
        read_area("shangai")
    with pytest.raises(CensusError, match=r"suzhou-jiangsu \(320500, Jiangsu\)"):
        read_area("Suzhou")
    assert read_area("suzhou-jiangsu").n_persons > 12e6


def test_names_are_romanised_rightly_and_known_in_their_common_form():
    known = {p.code: p for p in areas()}
    assert [known[c].title for c in ("140400", "211300", "411100", "540300")] == [
        "Changzhi", "Chaoyang", "Luohe", "Changdu"]  # fmt: skip
    assert len({p.name for p in known.values()}) == len(known)
    for name, code in {"Harbin": "230100", "Ürümqi": "650100", "Xi'an": "610100"}.items():
        assert read_area(name).n_persons == known[code].population
    assert set(ALSO_CALLED.values()) <= set(known)
    assert not set(ALSO_CALLED) & {slug(p.title) for p in known.values()}


@pytest.mark.parametrize(("name", "codes"), [("Baoshan", "530500 310113"),
                                             ("chaoyang", "211300 110105")])  # fmt: skip
def test_a_district_with_the_name_of_another_place_is_not_guessed(name, codes):
    with pytest.raises(CensusError, match="not unique") as caught:
        read_area(name)
    assert all(code in str(caught.value) for code in codes.split())


def test_own_file_and_folder(tmp_path):
    _write(tmp_path / "age_by_area.csv", [HEAD, *_ages("a"), *_ages("b", 200)])
    alone = read_area(tmp_path / "age_by_area.csv")
    assert alone.districts == ("A", "B")
    assert alone.persons.sum(axis=1).tolist() == [1_800, 3_600]
    assert np.isnan(alone.lon).all()
    assert any("national" in n for n in alone.notes)
    _write(
        tmp_path / "districts.csv",
        [HOUSEHOLDS + ",lon,lat,area_km2", "a,700,1750,180,400,250,50,0,121.0,31.0,20",
         "b,1400,3500,360,800,500,100,0,121.2,31.1,50"],
    )  # fmt: skip
    whole = read_area(tmp_path)
    assert whole.family_households.tolist() == [700, 1_400]
    population = make_population(whole, threads=1)
    assert np.array_equal(population.persons_by_age(), whole.persons)
    assert population.mixing.shape == (2, 2)


def test_all_problems_of_an_age_table_at_once(tmp_path):
    lines = _ages("a")
    lines[0] = "a,district,A,0-5,50,50,100"
    lines[3] = "a,district,A,15-19,50,50,-3"
    lines[4] = "a,district,A,20-24,50,50,many"
    lines[5] = "a,district,A,25-29,50,60,100"
    lines.append(lines[7])
    lines.append("c,city,C,0-4,,,10")
    path = _write(tmp_path / "bad.csv", [HEAD, *lines])
    with pytest.raises(CensusError) as caught:
        read_area(path)
    text = str(caught.value)
    assert len(caught.value.problems) == 8
    for part in (
        "bad.csv, row 2, age_band: '0-5' is not allowed; use 0-4, 5-9",
        "bad.csv, row 5, total: '-3' is not allowed; give a whole number, 0 to 2,000,000,000",
        "bad.csv, row 6, total: 'many'",
        "bad.csv, row 7, total: 100, but male + female is 110",
        "appears twice for area a",
        "area a: no row for age_band 0-4",
        "area c: no row for age_band 5-9",
        "level: city, district in one file",
    ):
        assert part in text, part


def test_all_problems_of_a_districts_table_at_once(tmp_path):
    _write(tmp_path / "age_by_area.csv", [HEAD, *_ages("a"), *_ages("b")])
    _write(
        tmp_path / "districts.csv",
        [HOUSEHOLDS, "a,700,17500,500,400,250,50,0", "z,1,1,1,1,0,0,0", "a,700,x,180,400,250,50,1"],
    )
    with pytest.raises(CensusError) as caught:
        read_area(tmp_path)
    text = str(caught.value)
    for part in (
        "districts.csv, row 2, family_household_population: 17500 is more than the 1800 residents",
        "one_person_households: 500 is more than one_generation_households (400)",
        "row 3, area_code: 'z' is not in the age table; known are a, b",
        "row 4, area_code: 'a' appears twice",
        "row 4, family_household_population: 'x' is not allowed",
        "no row for area b",
    ):
        assert part in text, part


def test_missing_columns_and_files_are_named(tmp_path):
    path = _write(tmp_path / "short.csv", ["area_code,age_band", "a,0-4"])
    with pytest.raises(CensusError, match="columns level, name_en, male, female, total missing"):
        read_area(path)
    with pytest.raises(CensusError, match="not found"):
        read_area(tmp_path / "nowhere.csv")
    with pytest.raises(CensusError, match=r"needs age_by_area\.csv"):
        read_area(tmp_path)
    _write(tmp_path / "empty.csv", [HEAD])
    with pytest.raises(CensusError, match="no rows"):
        read_area(tmp_path / "empty.csv")
    (tmp_path / "latin.csv").write_bytes(b"area_code\xff\xfe")
    with pytest.raises(CensusError, match="not UTF-8"):
        read_area(tmp_path / "latin.csv")


def test_ages_that_fit_no_household_are_refused(tmp_path):
    lines = [f"a,district,A,{b},,,{1_000 if i < 2 else 10}" for i, b in enumerate(AGE_BANDS)]
    _write(tmp_path / "age_by_area.csv", [HEAD, *lines])
    with pytest.raises(CensusError, match="do not fit its households"):
        make_population(read_area(tmp_path), threads=1)


@pytest.mark.parametrize(("n", "districts"), [(100, 2), (1_000, 17), (1_000, 0)])
def test_scaling_refuses_what_it_cannot_do(n, districts):
    with pytest.raises(ValueError, match="must be"):
        scaled(read_area("shanghai"), n, districts)


@pytest.mark.parametrize("n", [300, 777, 5_000, 1_000_000])
def test_scaling_keeps_totals_and_shape(n):
    census = scaled(read_area("shanghai"), n, 3)
    assert census.n_persons == n
    assert np.array_equal(census.generations.sum(axis=1), census.family_households)
    assert (census.one_person <= census.generations[:, 0]).all()
    share = census.persons.sum(axis=0) / n
    whole = read_area("shanghai").persons.sum(axis=0) / 24_870_895
    assert np.abs(share - whole).max() < 54 / n + 1e-9
