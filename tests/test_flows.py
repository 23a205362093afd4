"""Travel between cities: who goes where, when and for how long, against published flows.

Everything here is deterministic: figures are compared with what docs/travel.md says of them.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from lazaretto.nation import assumptions as a
from lazaretto.nation import calendar, flows
from lazaretto.nation.cities import cities
from lazaretto.nation.effective_distance import effective_distance
from lazaretto.people.areas import read_area
from lazaretto.scenario.problems import ScenarioError

CHINA = 1_409_778_724

WUHAN_2017 = {
    "420900": 5333682, "421100": 4436928, "421200": 2149524, "110100": 1956195, "420700": 1508938,
    "421000": 2216479, "420600": 1959413, "420200": 1521685, "440100": 705205, "420500": 1420349,
    "440300": 188316, "421300": 934564, "429004": 856578, "420300": 897666, "500100": 720442,
    "422800": 610937, "429006": 447408, "430100": 318784, "310100": 72150, "411500": 338180,
    "429005": 288200, "420800": 269703, "430600": 185672, "411700": 214425, "360100": 123239,
    "360400": 106873, "130600": 126334, "411300": 127666,
}  # fmt: skip
"""Tencent's trips from Wuhan, 3 December 2016 to 24 January 2017, to 28 cities with unique names.

Du et al. 2020 Emerg Infect Dis, doi 10.3201/eid2605.200146, Table S3.
"""


def common_part(x, y):
    """Return the common part of commuters (Gargiulo et al. 2012), twice the overlap of both."""
    return 2 * np.minimum(x, y).sum() / (x.sum() + y.sum())


def correlation(x, y):
    return np.corrcoef(np.ravel(x), np.ravel(y))[0, 1]


def shares(matrix):
    return matrix / matrix.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def table():
    return flows.published_flows()


def at_weight(weight, table=None):
    table = flows.published_flows() if table is None else table
    return flows.national_flows(flows.every_node(), table, weight)


# Cities ------------------------------------------------------------------------------------------


def test_every_city_can_be_read_and_they_are_the_nation():
    china = cities("china")
    assert len(china) == 368
    assert sum(c.population for c in china) == CHINA
    read = {c.code: read_area(c.code) for c in china}
    assert [int(read[c.code].persons.sum()) for c in china] == [c.population for c in china]
    assert [read[c.code].name for c in china] == [c.name for c in china]
    assert len(read["310100"].districts) == len(read["110100"].districts) == 16
    nodes = flows.every_node()
    assert len(nodes.codes) == 367
    assert nodes.persons.sum() == CHINA


def test_cities_by_code_and_name_in_the_order_given():
    found = cities(["wuhan", "310100"])
    assert [(c.code, c.title, c.province) for c in found] == [
        ("420100", "Wuhan", "Hubei"), ("310100", "Shanghai", "Shanghai"),
    ]  # fmt: skip
    assert found[0].lon == pytest.approx(114.3, abs=0.3)
    assert found[0].lat == pytest.approx(30.6, abs=0.3)


def test_all_cities_not_known_or_twice_at_once():
    with pytest.raises(ScenarioError) as error:
        cities(["shangai", "wuhan", "420100", "310115"])
    keys = [p.key for p in error.value.problems]
    assert keys == ["cities.0", "cities.2", "cities.3"]
    assert "shanghai" in error.value.problems[0].advice


# Flows -------------------------------------------------------------------------------------------


def equator(persons, provinces):
    """Return nodes one degree, 111.19 km, apart on the equator."""
    n = len(persons)
    return flows.Nodes(
        tuple("abc"[:n]), np.array(persons, float), np.arange(float(n)), np.zeros(n),
        np.array(provinces),
    )  # fmt: skip


def test_gravity_by_hand():
    share = flows.gravity_shares(equator([1e6, 2e6, 1e6], [0, 0, 1]))
    near = 2**1.1611 * np.exp(1.73014)
    far = 2**-1.85585
    assert share[0] == pytest.approx([0, near / (near + far), far / (near + far)], rel=1e-9)
    assert share[1, 0] / share[1, 2] == pytest.approx(np.exp(1.73014), rel=1e-9)


def test_a_table_decides_within_the_share_its_flows_cover():
    gravity = np.array([[0, 0.5, 0.3, 0.2], [0.6, 0, 0.3, 0.1]])
    table = np.array([[0, 0, 3.0, 1.0], [0, 0, 0, 0]])
    blended = flows.blended_shares(gravity, table)
    assert blended[0] == pytest.approx([0, 0.2, 0.6, 0.2])  # the two largest by gravity hold 0.8
    assert blended[1] == pytest.approx(gravity[1])
    everything = flows.blended_shares(gravity[:1], np.array([[0, 1.0, 1.0, 2.0]]))
    assert everything[0] == pytest.approx([0, 0.25, 0.25, 0.5])


def test_intensity_is_bounded_and_the_mean_resident_has_one():
    persons = np.full(4, 1e6)
    table = np.zeros((4, 4))
    table[:3, 3] = 1.0, 10.0, 100.0
    found = flows.intensity(table, persons)
    assert found == pytest.approx(np.array([0.5, 0.5, 2.0, 1.0]))
    assert flows.intensity(flows.published_flows(), flows.every_node().persons) @ (
        flows.every_node().persons
    ) == pytest.approx(CHINA)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_trips_are_sound_and_sum_to_the_level(weight):
    trips = flows.daily_trips("china", table_weight=weight)
    people = np.array([c.population for c in cities("china")])
    assert trips.shape == (368, 368)
    assert trips.dtype == np.float64
    assert np.isfinite(trips).all()
    assert (trips >= 0).all()
    assert (np.diag(trips) == 0).all()
    assert trips.sum() == pytest.approx(a.TRIPS * CHINA, rel=1e-12)
    a_resident = trips.sum(axis=1) / people / a.TRIPS
    if weight == 0:
        assert a_resident == pytest.approx(1.0, rel=1e-9)
    assert a_resident.min() > 0.5
    assert a_resident.max() < 2.1


def test_chongqing_shares_its_trips_by_residents_and_has_none_within():
    both = flows.daily_trips(["500100", "500200", "510100"])
    ratio = 25_379_469 / 6_674_690
    assert both[0, 1] == both[1, 0] == 0
    assert both[0, 2] / both[1, 2] == pytest.approx(ratio)
    assert both[2, 0] / both[2, 1] == pytest.approx(ratio)


def test_a_pair_has_the_same_trips_whichever_others_are_simulated():
    china = flows.daily_trips("china")
    codes = [c.code for c in cities("china")]
    few = ["310100", "420100", "110100"]
    at = [codes.index(code) for code in few]
    assert np.array_equal(flows.daily_trips(few), china[np.ix_(at, at)])


def test_own_flows_replace_everything(tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("origin_code,destination_code,trips_per_day\n310100,420100,12.5\n")
    trips = flows.daily_trips(["310100", "420100"], own=own)
    assert trips.tolist() == [[0.0, 12.5], [0.0, 0.0]]


def test_all_problems_of_own_flows_at_once(tmp_path):
    own = tmp_path / "own.csv"
    rows = ["310100,420100,1", "310100,420100,2", "310100,310100,3", "31010,420100,x",
            "420100,310100,-1"]  # fmt: skip
    own.write_text("origin_code,destination_code,trips_per_day\n" + "\n".join(rows))
    with pytest.raises(ScenarioError) as error:
        flows.daily_trips(["310100", "420100"], own=own)
    assert [p.key for p in error.value.problems] == [
        "own.csv, line 3", "own.csv, line 4", "own.csv, line 5, origin_code",
        "own.csv, line 5, trips_per_day", "own.csv, line 6, trips_per_day",
    ]  # fmt: skip
    own.write_text("origin_code,destination_code,trips_per_day\nwuhan,310100,1\n310100,420100,1e9")
    with pytest.raises(ScenarioError, match="did you mean 420100"):
        flows.daily_trips(["310100", "420100"], own=own)
    own.write_text("origin_code,destination_code,trips_per_day\n310100,420100,1e9")
    with pytest.raises(ScenarioError, match="one a day for each resident"):
        flows.daily_trips(["310100", "420100"], own=own)
    own.write_text('origin_code,destination_code,trips_per_day\n310100,420100,"' + "1" * 200_000)
    with pytest.raises(ScenarioError, match="field larger"):
        flows.daily_trips(["310100", "420100"], own=own)
    own.write_text("from,to\n")
    with pytest.raises(ScenarioError, match="origin_code, destination_code, trips_per_day"):
        flows.daily_trips(["310100", "420100"], own=own)
    with pytest.raises(ScenarioError, match="a CSV file"):
        flows.daily_trips(["310100", "420100"], own=tmp_path / "none.csv")


# Against published flows -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "part", "r", "part_listed", "r_listed"),
    [
        (0.0, 0.471, 0.719, 0.575, 0.676),
        (0.5, 0.634, 0.874, 0.803, 0.874),
        (1.0, 0.769, 0.969, 1.0, 1.0),
    ],
)
def test_shares_of_destinations_against_the_table(table, weight, part, r, part_listed, r_listed):
    rows = table.sum(axis=1) > 0
    seen, model, listed = shares(table[rows]), shares(at_weight(weight)[rows]), table[rows] > 0
    within = shares(np.where(listed, model, 0))
    assert common_part(seen, model) == pytest.approx(part, abs=1e-3)
    assert correlation(seen, model) == pytest.approx(r, abs=1e-3)
    assert common_part(seen, within) == pytest.approx(part_listed, abs=1e-3)
    assert correlation(seen[listed], within[listed]) == pytest.approx(r_listed, abs=1e-3)


def test_half_of_the_table_tells_something_of_the_other_half(table):
    """Every second listed flow of a city is hidden; its flows, not shares, are compared."""
    hidden = np.zeros_like(table, bool)
    for i, row in enumerate(table):
        hidden[i, np.flatnonzero(row)[1::2]] = True
    found = [
        (
            correlation(table[hidden], model[hidden]),
            common_part(shares(table[hidden][None]), shares(model[hidden][None])),
        )
        for model in (at_weight(w, np.where(hidden, 0, table)) for w in (0.0, 0.5, 1.0))
    ]
    said = [(0.456, 0.491), (0.493, 0.506), (0.513, 0.513)]
    assert np.array(found) == pytest.approx(np.array(said), abs=1e-3)
    assert all(before < after for before, after in pairwise(found))


@pytest.mark.parametrize(
    ("weight", "part", "r"), [(0.0, 0.748, 0.911), (0.5, 0.874, 0.954), (1.0, 0.808, 0.874)]
)
def test_trips_from_wuhan_in_another_winter(weight, part, r):
    codes = flows.every_node().codes
    seen = np.array(list(WUHAN_2017.values()), float)
    model = at_weight(weight)[codes.index("420100"), [codes.index(c) for c in WUHAN_2017]]
    seen, model = seen / seen.sum(), model / model.sum()
    assert common_part(seen, model) == pytest.approx(part, abs=1e-3)
    assert correlation(seen, model) == pytest.approx(r, abs=1e-3)


@pytest.mark.parametrize(
    ("weight", "r", "net"), [(0.0, 0.877, 0.128), (0.5, 0.958, 0.107), (1.0, 0.878, 0.175)]
)
def test_trips_into_cities_against_trips_out_of_them(weight, r, net):
    trips = at_weight(weight)
    out, into = trips.sum(axis=1), trips.sum(axis=0)
    assert correlation(out, into) == pytest.approx(r, abs=1e-3)
    assert np.abs(out - into).sum() / 2 / trips.sum() == pytest.approx(net, abs=1e-3)


# Calendar ----------------------------------------------------------------------------------------


def days_of(year):
    first = date(year, 1, 1)
    return [first + timedelta(n) for n in range((date(year + 1, 1, 1) - first).days)]


def test_an_ordinary_week_keeps_its_mean():
    week = [calendar.trips_multiplier(date(2019, 6, 3) + timedelta(n)) for n in range(7)]
    assert np.mean(week) == pytest.approx(1.0)
    assert week[5] == week[6] == a.WEEKEND > week[0]


@pytest.mark.parametrize("new", calendar.SPRING_FESTIVAL)
def test_the_rush_begins_15_days_before_the_festival(new):
    begin = {2020: (1, 10), 2021: (1, 28), 2022: (1, 17), 2023: (1, 7)}[new.year]
    rush = [day for day in days_of(new.year) if calendar.is_rush(day)]
    assert rush[0] == date(new.year, *begin)
    assert rush[-1] == new - timedelta(days=1)
    assert {calendar.kind_of_day(day) for day in rush} == {a.RUSH}


def test_holidays_and_weekends_worked_for_them():
    assert calendar.kind_of_day(date(2022, 10, 3)) == a.HOLIDAYS["national day"]
    assert calendar.kind_of_day(date(2022, 5, 4)) == a.HOLIDAYS["may day"]
    assert calendar.kind_of_day(date(2022, 10, 8)) < 1  # a Saturday at work
    assert calendar.kind_of_day(date(2022, 10, 15)) == a.WEEKEND
    assert all(day.weekday() >= 5 for day in calendar.WORKED_WEEKENDS)
    for _, first, last in calendar.HOLIDAYS:
        off = {first + timedelta(n) for n in range((last - first).days + 1)}
        assert not off & calendar.WORKED_WEEKENDS


def test_the_level_of_2022_is_near_what_the_ministry_counted():
    """All cross-region movements of 2022 were 1 / 1.307 of those of 2023."""
    level = np.mean([calendar.travel_level(day) for day in days_of(2022)])
    assert level == pytest.approx(0.765, abs=0.065)
    assert calendar.travel_level(date(2019, 12, 31)) == 1.0
    assert calendar.travel_level(date(2020, 2, 20)) == pytest.approx(0.4865)
    assert calendar.travel_level(date(2022, 12, 15)) < calendar.travel_level(date(2023, 1, 3))
    assert [first for first, _ in calendar.LEVELS] == sorted(f for f, _ in calendar.LEVELS)


def test_lengths_of_stay():
    days = np.arange(1, 15)
    ordinary, rush = (calendar.stay_lengths(date(2022, *d)) for d in ((4, 12), (1, 20)))
    for share in (ordinary, rush):
        assert share.shape == (14,)
        assert share.sum() == pytest.approx(1.0)
        assert (share > 0).all()
    assert ordinary @ days == pytest.approx(a.MEAN_STAY, abs=0.01)
    assert ordinary[1:] / ordinary[:-1] == pytest.approx(1 - 1 / a.MEAN_STAY)
    assert rush @ days == pytest.approx((2.0587 + 1.75 * 10.5) / 2.75, abs=1e-3)


# Effective distance ------------------------------------------------------------------------------


def test_effective_distance_by_hand():
    """From a: half of the travellers go to b, half to c; from b three of four to d.

    To d by b it is 1 + ln 2 + 1 + ln(4/3), by c 1 + ln 2 + 1 + ln 10, directly impossible.
    """
    trips = np.array(
        [[7, 5, 5, 0, 0], [1, 0, 0, 3, 0], [9, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0]],
        float,
    )
    half = 1 + np.log(2)
    found = effective_distance(trips, 0)
    assert found == pytest.approx([0, half, half, half + 1 + np.log(4 / 3), np.inf])
    assert effective_distance(1000 * trips, 0) == pytest.approx(found)
    assert effective_distance(trips, 4)[1] == 1.0  # all go there


def test_a_detour_by_a_hub_is_shorter_than_a_rare_direct_trip():
    trips = np.array([[0, 99, 1], [1, 0, 99], [1, 1, 0]], float)
    assert effective_distance(trips, 0)[2] == pytest.approx(2 - np.log(0.99) - np.log(0.99))


def test_every_city_can_be_reached_from_wuhan():
    codes = [c.code for c in cities("china")]
    away = effective_distance(flows.daily_trips("china"), codes.index("420100"))
    assert np.isfinite(away).all()
    assert codes[int(np.argsort(away)[1])] == "420900"  # Xiaogan


def test_every_figure_says_where_it_is_from():
    for name, figure in a.FIGURES.items():
        assert figure.unit, name
        assert figure.source, name
        assert (figure.low is None) == (figure.high is None), name
        if figure.low is not None:
            assert figure.low <= figure.value <= figure.high, name
