"""The same persons each time: at any number of threads, and from the cache, damaged or not."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lazaretto.people import Population, make_population, population, read_area, scaled, town
from lazaretto.people.cache import CacheError, load


def _same(x: Population, y: Population) -> None:
    for name, array in x.arrays().items():
        assert np.array_equal(array, y.arrays()[name]), name
        assert array.dtype == y.arrays()[name].dtype, name


# The same bytes -----------------------------------------------------------------------------


def test_threads_change_nothing():
    census = scaled(read_area("shanghai"), 30_000, 5)
    one = make_population(census, threads=1)
    _same(one, make_population(census, threads=2))
    _same(one, make_population(census, threads=5))


def test_another_seed_gives_other_persons_and_the_same_margins():
    x, y = town(3_000, 1), town(3_000, 2)
    assert not np.array_equal(x.attributes, y.attributes)
    assert np.array_equal(x.persons_by_age(), y.persons_by_age())


def test_progress_grows_to_one():
    seen = []
    make_population(scaled(read_area("shanghai"), 900, 3), progress=lambda p, s: seen.append(s))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


# The cache ----------------------------------------------------------------------------------


@pytest.fixture
def small_place(tmp_path):
    """A user's census of one small district, fast to make."""
    census = scaled(read_area("shanghai"), 2_000, 1)
    lines = ["area_code,level,name_en,age_band,male,female,total"]
    from lazaretto.words import AGE_BANDS

    for band, count in zip(AGE_BANDS, census.persons[0], strict=True):
        lines.append(f"1,district,Somewhere,{band},,,{count}")
    path = tmp_path / "somewhere.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _folder(cache):
    (folder,) = [f for f in (cache / "people").iterdir() if not f.name.startswith(".")]
    return folder


@pytest.mark.parametrize("small", [0, 1 << 20])
def test_a_second_load_is_the_same_and_mapped(small_place, tmp_path, monkeypatch, small):
    monkeypatch.setattr("lazaretto.people.cache.SMALL", small)
    cache = tmp_path / "cache"
    first = population(small_place, cache=cache)
    phases = []
    again = population(small_place, cache=cache, progress=lambda p, s: phases.append(p))
    assert not phases, "nothing was made"
    _same(first, again)
    assert first.districts == again.districts == ("Somewhere",)
    assert again.n_schools == first.n_schools
    assert type(again.member) is np.ndarray
    assert isinstance(again.attributes.base, np.memmap) == (small == 0)
    assert not again.attributes.flags.writeable


@pytest.mark.parametrize(
    "harm",
    ["truncate", "flip", "foreign", "manifest", "other address", "missing", "extra bytes", "file"],
)
def test_a_damaged_cache_is_noticed_and_made_again(harm, small_place, tmp_path):
    cache = tmp_path / "cache"
    before = population(small_place, cache=cache)
    wanted = {n: a.copy() for n, a in before.arrays().items()}
    folder = _folder(cache)
    manifest = json.loads((folder / "manifest.json").read_text())
    target = folder / "group.npy"
    data = target.read_bytes()
    if harm == "truncate":
        target.write_bytes(data[:-100])
    elif harm == "flip":
        target.write_bytes(data[:5_000] + bytes([data[5_000] ^ 1]) + data[5_001:])
    elif harm == "foreign":
        target.write_bytes(b"not an array".ljust(len(data), b" "))
    elif harm == "manifest":
        (folder / "manifest.json").write_text("{")
    elif harm == "other address":
        manifest["address"] = "0" * 64
        (folder / "manifest.json").write_text(json.dumps(manifest))
    elif harm == "missing":
        target.unlink()
    elif harm == "extra bytes":
        target.write_bytes(data + b"x")
    elif harm == "file":
        shutil.rmtree(folder)
        folder.write_text("in the way")
    with pytest.raises(CacheError):
        load(folder, manifest["address"])
    made = []
    after = population(small_place, cache=cache, progress=lambda p, s: made.append(p))
    assert made
    for name, array in after.arrays().items():
        assert np.array_equal(array, wanted[name]), name
    if harm != "file":
        load(folder, json.loads((folder / "manifest.json").read_text())["address"])
        assert not [f for f in (cache / "people").iterdir() if f.name.startswith(".")]


def test_two_at_once_end_with_one_good_folder(small_place, tmp_path):
    cache = tmp_path / "cache"
    with ThreadPoolExecutor(4) as executor:
        made = list(executor.map(lambda _: population(small_place, cache=cache), range(8)))
    for other in made[1:]:
        _same(made[0], other)
    assert [f.name for f in (cache / "people").iterdir()] == [_folder(cache).name]


def test_a_changed_table_is_another_address(small_place, tmp_path):
    cache = tmp_path / "cache"
    population(small_place, cache=cache)
    text = small_place.read_text().replace(
        "1,district,Somewhere,0-4,,,", "1,district,Somewhere,0-4,,,1"
    )
    small_place.write_text(text)
    population(small_place, cache=cache)
    population(small_place, cache=cache, seed=1)
    assert len(list((cache / "people").iterdir())) == 3


def test_a_cache_that_cannot_be_written_costs_no_run(small_place, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    assert population(small_place, cache=blocked).n_persons == 2_000
