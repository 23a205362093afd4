"""The control room without a browser: levers, links, who is let in, what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from starlette.testclient import TestClient

from lazaretto.disease import variant
from lazaretto.measures import known_measures
from lazaretto.scenario import Scenario, ScenarioError, library
from lazaretto.studies import run_scenario
from lazaretto.web.app import STATIC, application
from lazaretto.web.asked import Asked
from lazaretto.web.controls import PHRASES, controls_of
from lazaretto.web.guarding import LARGEST, Door
from lazaretto.web.jobs import Job, Journal, Part
from lazaretto.web.moving import policy_asked
from lazaretto.web.room import Room
from lazaretto.web.spoken import spoken, words
from lazaretto.web.taken import Scenarios

TEMPLATES = Path(STATIC).parent / "templates"
OURS = {"X-Lazaretto": "1"}


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path / "runs")


@pytest.fixture
def browser(room):
    """A browser whose room has no workers: jobs wait."""
    return TestClient(application(room, Door()), base_url="http://localhost")


def moved(scenario, **levers):
    base = Scenario.load(scenario)
    return base, policy_asked(Asked(scenario, levers), base)


# ---- levers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, _ in library()])
def test_no_lever_moved_is_the_very_scenario(name):
    base, policy = moved(name)
    assert policy.digest() == base.digest()


@pytest.mark.parametrize(
    ("lever", "value", "key", "expected"),
    [
        ("begin", "-7", "measures.3.from", "2022-03-21"),
        ("lift", "5", "measures.3.to", "2022-05-15"),
        ("tier", "controlled", "measures.3.tier", "controlled"),
        ("screening", "2", "measures.2.interval_days", 2),
        ("laboratories", "0.5", "resources.0.opened.0.amount.value", 12_500),
        ("beds", "2", "resources.1.opened.0.amount.value", 16_000),
        ("parents", "yes", "measures.1.with_parent", True),
        ("food", "75", "measures.4.share", 0.75),
        ("information", "10", "measures.7.accuracy", 0.1),
        ("stay", "14", "measures.9.days", 14),
        ("start", "2022-03-10", "start", "2022-03-10"),
        ("r0", "5.5", "r0.value", 5.5),
        ("place", "huangpu", "place", "huangpu"),
        ("disease", "delta", "r0.value", float(variant("delta").r0)),
        ("flights", "20", "border.flights_per_week.value", 20),
        ("arrivals", "7+3", "border.quarantine.0.protocol", "7+3"),
        ("infected", "2.5", "border.prevalence.0.share.value", 0.025),
    ],
)
def test_a_lever_moves_what_it_says_and_nothing_else(lever, value, key, expected):
    base, policy = moved("chongming-example", **{lever: value})
    at = policy.resolved()
    for part in key.split("."):
        at = at[int(part)] if part.isdigit() else at[part]
    assert at == expected
    before, after = base.resolved(), policy.resolved()
    top = {each for each in {*before, *after} if before.get(each) != after.get(each)}
    assert top <= {key.partition(".")[0], lever, "less_restrictive"}


def test_a_place_is_offered_where_the_scenario_names_no_part_of_its_own():
    offered = {name for name, _ in library()
               if "place" in {c.name for c in controls_of(Scenario.load(name))}}  # fmt: skip
    assert "chongming-example" in offered
    assert "shanghai-2022" not in offered


def test_a_lever_at_what_the_scenario_has_changes_nothing():
    base, policy = moved("chongming-example", tier="sealed", screening="3", stay="21")
    assert policy.digest() == base.digest()


def test_support_that_a_scenario_lacks_is_added_from_the_first_day_of_confinement():
    base, policy = moved("shanghai-2022", food="80", stay="14")
    added = policy.measures[len(base.measures) :]
    assert [each.measure for each in added] == ["food_delivery", "longest_stay"]
    assert added[0].parameters()["from"].isoformat() == "2022-03-13"
    assert added[0].parameters()["share"] == 0.8


@pytest.mark.parametrize(("lever", "value"), [("begin", "-7.5"), ("stay", "14.5"), ("r0", "nan")])
def test_no_part_of_a_day_is_dropped_in_silence(lever, value):
    with pytest.raises(ScenarioError, match=lever):
        moved("chongming-example", **{lever: value})


def test_measures_left_out_leave_the_rest_of_the_posterior_drawn():
    base = Scenario.load("shanghai-2022")
    policy = policy_asked(Asked("shanghai-2022", off=("grid-screening", "hospitals")), base)
    assert len(policy.measures) == len(base.measures) - 2
    drawn = {number.name for number in policy.posterior.fitted if number.keys}
    assert drawn == {number.name for number in base.posterior.fitted} - {"grid_participation"}
    assert policy.less_restrictive is not None


def less_of(scenario, off=(), **levers):
    base = Scenario.load(scenario)
    return policy_asked(Asked(scenario, levers, off), base).next_less_restrictive()


def test_the_less_restrictive_policy_moves_with_the_levers():
    delayed = less_of("wuhan-2020", begin="-14")
    plain = less_of("wuhan-2020")
    first, moved = (
        next(each.parameters()["from"] for each in scenario.measures if each.measure == "lockdown")
        for scenario in (plain, delayed)
    )
    assert (first - moved).days == 14


@pytest.mark.parametrize(
    "levers", [{"tier": "open"}, {"tier": "precaution"}, {"tier": "controlled"}]
)
def test_what_is_no_stricter_than_it_has_no_less_restrictive_policy(levers):
    assert less_of("chongming-example", **levers) is None


@pytest.mark.parametrize(
    ("scenario", "off"),
    [("chongming-example", "seal"), ("wuhan-2020", "lockdown"),
     ("shanghai-2022", "sealed-2-plus-12"), ("shanghai-2022", "lockdown-first-batch")],
)  # fmt: skip
def test_what_the_less_restrictive_policy_changes_can_be_left_out(scenario, off):
    base = Scenario.load(scenario)
    names = [each.name or str(i) for i, each in enumerate(base.measures)]
    kinds = [each.measure for each in base.measures]
    asked = Asked(scenario, off=(off if off in names else str(kinds.index(off)),))
    policy = policy_asked(asked, base)
    assert len(policy.measures) == len(base.measures) - 1
    assert policy.next_less_restrictive() is None


def test_support_begins_with_the_confinement_as_moved():
    base = Scenario.load("wuhan-2020")
    policy = policy_asked(Asked("wuhan-2020", {"begin": "-14", "food": "80"}), base)
    first = min(each.parameters()["from"] for each in policy.measures
                if each.measure in ("lockdown", "zones"))  # fmt: skip
    assert policy.measures[-1].parameters()["from"] == max(first, policy.start)


def test_r0_set_by_hand_goes_before_that_of_the_variant():
    base = Scenario.load("chongming-example")
    asked = Asked("chongming-example", {"disease": "delta"}, changes=("r0.value=3",))
    assert float(policy_asked(asked, base).r0) == 3


def test_no_screening_leaves_out_the_regular_rounds_only():
    _, policy = moved("shanghai-2022", screening="none")
    left = [each for each in policy.measures if each.measure == "screening"]
    assert left
    assert all((each.model_extra or {}).get("rounds") for each in left)


def test_every_problem_is_told_at_once():
    base = Scenario.load("chongming-example")
    asked = Asked("chongming-example", {"begin": "400", "tier": "shut", "x": "1"}, off=("y",))
    with pytest.raises(ScenarioError) as caught:
        policy_asked(asked, base)
    assert {each.key for each in caught.value.problems} == {"begin", "tier", "x", "off"}


@pytest.mark.parametrize(
    "asked",
    [
        Asked("shanghai-2022"),
        Asked("shanghai-2022", {"begin": "-7", "tier": "open"}, ("a", "b"), ("r0=5", "x.y=[1, 2]"),
              7, 20, False, "softer & later"),
    ],
)  # fmt: skip
def test_a_link_holds_all_that_is_asked(asked):
    link = asked.link()
    assert Asked.of(parse_qsl(link.partition("?")[2]), "") == asked


def test_policies_that_differ_have_names_that_differ():
    base = Scenario.load("chongming-example")
    names = set()
    for levers in ({"begin": "-7"}, {"begin": "7"}, {"tier": "open"}, {}):
        asked = Asked("chongming-example", levers)
        names.add(asked.renamed(policy_asked(asked, base)).name)
    assert len(names) == 4
    assert "chongming-example" in names
    asked = Asked("chongming-example", {"begin": "-7"})
    assert asked.renamed(base).title.endswith(": orders begin 7 days earlier")


def test_every_lever_has_words_for_a_title():
    named = {c.name for name, _ in library() for c in controls_of(Scenario.load(name))}
    assert named <= {*PHRASES, "begin", "lift"}


# ---- languages --------------------------------------------------------------------------------


def said_in_templates():
    for path in TEMPLATES.glob("*.j2"):
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r"""say\(\s*(?:"([^"]+)"|'([^']+)')\s*\)""", text)


def test_all_the_room_says_is_said_in_chinese_too():
    known = words("zh")
    wanted = {double or single for double, single in said_in_templates()}
    for name, title in library():
        wanted.add(title)
        for control in controls_of(Scenario.load(name)):
            wanted |= {control.group, control.words, control.unit, control.note}
            if control.name != "place":
                wanted |= {said for _, said in control.choices if not said.endswith(" times")}
    wanted |= {word.replace("_", " ") for word in known_measures()}
    assert {word for word in wanted if word not in known} <= {"", "%"}


def test_dates_and_numbers_stay_what_they_are():
    say = spoken("zh")
    assert say("first on 2022-03-28") == "最早始于 2022-03-28"
    assert say("0.5 times") == "0.5 倍"
    assert say("simulating run 2 of 5, 3 April 2022") == "正在模拟第 2 / 5 次，2022 年 4 月 3 日"
    assert spoken("en")("no such words") == "no such words"


def test_amounts_are_written_as_chinese_readers_write_them():
    say = spoken("zh")
    assert say("667 million") == "6.67 亿"
    assert say("1.48 million") == "148 万"
    assert say("1.2 to 1.4 million") == "120 万至 140 万"
    assert say("638,000 to 1.06 million") == "63.8 万至 106 万"
    assert say("627,110") == "627,110"
    assert say("96 days") == "96 天"
    assert spoken("en")("1.2 to 1.4 million") == "1.2 to 1.4 million"


def test_a_page_is_in_the_language_of_the_browser_or_the_one_chosen(browser):
    assert 'lang="zh-Hans"' in browser.get("/", headers={"accept-language": "zh-CN,en"}).text
    assert "情景" in browser.get("/?lang=zh").text
    assert "情景" in browser.get("/").text  # it is remembered
    assert "情景" not in browser.get("/?lang=en").text


# ---- who is let in ------------------------------------------------------------------------------


def test_every_answer_says_what_the_browser_must_not_do(browser):
    for path in ("/", "/history", "/static/room.js", "/nowhere"):
        headers = browser.get(path).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"


def test_another_name_for_this_machine_is_not_answered(browser):
    assert browser.get("/", headers={"host": "evil.example"}).status_code == 421
    assert browser.get("/", headers={"host": "127.0.0.1:8642"}).status_code == 200


@pytest.mark.parametrize("path", ["/jobs", "/check", "/compare", "/bring", "/jobs/x/stop"])
def test_what_changes_something_can_be_asked_for_from_our_pages_only(browser, path):
    assert browser.post(path, data={}).status_code == 403


def test_beyond_this_machine_a_token_is_needed(room):
    door = Door(token="0123456789abcdef", names=("room.example",))
    far = TestClient(application(room, door), base_url="http://room.example")
    assert far.get("/").status_code == 401
    assert far.get("/?token=wrong").status_code == 401
    assert far.post("/jobs", headers=OURS, data={}).status_code == 401
    bearer = {"authorization": "Bearer 0123456789abcdef"}
    assert far.get("/history", headers=bearer).status_code == 200
    let_in = far.get("/?scenario=wuhan-2020&token=0123456789abcdef", follow_redirects=False)
    assert let_in.headers["location"] == "/?scenario=wuhan-2020"
    assert "httponly" in let_in.headers["set-cookie"].lower()
    assert far.get("/").status_code == 200


def test_pages_of_other_sites_may_link_here_and_nothing_else(browser):
    other = {"sec-fetch-site": "cross-site"}
    assert browser.get("/", headers=other | {"sec-fetch-mode": "no-cors"}).status_code == 403
    assert browser.get("/", headers=other | {"sec-fetch-mode": "navigate"}).status_code == 200


def test_a_proxy_before_a_room_without_a_token_is_refused(browser):
    assert browser.get("/", headers={"x-forwarded-for": "1.2.3.4"}).status_code == 403


@pytest.mark.parametrize("host", ["[", "localhost:99999999", "", "LOCALHOST"])
def test_a_strange_host_is_answered(browser, host):
    assert browser.get("/", headers={"host": host}).status_code in (200, 421)


@pytest.mark.parametrize(
    "asked",
    [{"seed": "9" * 5_000}, {"replicates": "1e9"}, {"set": "r0=" + "[" * 1_000},
     {"set": "a." * 900 + "a=1"}, {"set": "r0=" + "9" * 1_900},
     {"lift": "60", "set": "end=9999-12-31"}, {"set": "r0=5\nr0=6"},
     {"scenario": "shanghai-2022", "replicates": "100", "end": "2024-12-31"}],
)  # fmt: skip
def test_plain_mistakes_are_answered_with_what_is_wrong(browser, asked):
    answer = browser.post("/check", headers=OURS, data={"scenario": "chongming-example"} | asked)
    assert answer.status_code == 422
    assert answer.json()["problems"]


def test_a_link_that_cannot_be_read_says_so(browser):
    asked = {"scenario": "chongming-example", "set": "r0=" + "9" * 1_900}
    page = browser.get("/", params=asked)
    assert page.status_code == 422
    assert "<code>" in page.text
    assert "Stay-at-home orders" in page.text


@pytest.mark.parametrize("codec", ["punycode", "utf-7"])
def test_what_is_no_text_is_refused(browser, codec):
    kind = {"content-type": f"multipart/form-data; boundary=x; charset={codec}"}
    form = b'--x\r\ncontent-disposition: form-data; name="name"\r\n\r\n+2AA-<\r\n--x--\r\n'
    answer = browser.post("/check", headers=OURS | kind, content=form)
    assert answer.status_code == 422
    assert answer.json()["problems"]


@pytest.mark.parametrize("length", ["²", "9" * 5_000])
def test_a_length_that_is_a_lie_is_answered(browser, length):
    headers = OURS | {"content-length": length.encode("latin-1")}
    assert browser.post("/check", headers=headers).status_code in (413, 422)


def test_too_much_is_not_taken(browser):
    big = "x" * (LARGEST + 1)
    assert browser.post("/check", headers=OURS, data={"set": big}).status_code == 413

    def drip():
        for _ in range(20):
            yield b"y" * (LARGEST // 10)

    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/check", headers=OURS | kind, content=drip()).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py",
        "/jobs/../../etc/passwd", "/jobs/..%2f..%2fetc/shown", "/jobs/x/files/report.html",
        "/runs/..%2f..%2f", "/runs/nothing", "/jobs/nothing", "/?scenario=../../etc/passwd",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_room(browser, path):
    answer = browser.get(path)
    assert answer.status_code in (400, 404, 422)
    assert "root:" not in answer.text
    assert "import" not in answer.text
    if answer.status_code == 422:
        assert "one that was brought here" in answer.text


def test_of_a_job_only_known_files_are_given(room, browser, tmp_path):
    made = tmp_path / "runs" / "made"
    made.mkdir()
    (made / "trajectories.nc").write_bytes(b"data")
    (made / "secret.txt").write_text("secret")
    scenario = Scenario.load("chongming-example").resolved()
    job = Job("a" * 32, "me", "run", "it", [Part(scenario)], [], state="done", run=str(made))
    room.queue.jobs[job.id] = job
    assert browser.get(f"/jobs/{job.id}/files/trajectories.nc").content == b"data"
    assert browser.get(f"/jobs/{job.id}/files/scenario.yaml").text.startswith("name:")
    for name in ("secret.txt", "..%2fsecret.txt", "report.html"):
        assert browser.get(f"/jobs/{job.id}/files/{name}").status_code == 404


# ---- scenarios by browser -----------------------------------------------------------------------

SMALL = """\
place: chongming
disease: omicron-ba2
start: 2022-03-15
end: 2022-03-20
"""


def bring(browser, text):
    data = text if isinstance(text, bytes) else text.encode()
    return browser.post("/bring", headers=OURS, files={"file": ("mine.yaml", data)})


def test_a_scenario_that_is_brought_has_its_page_and_its_link(browser):
    link = bring(browser, SMALL).json()["link"]
    page = browser.get(link)
    assert page.status_code == 200
    assert "Stay-at-home orders" not in page.text
    asked = {"scenario": link.partition("=")[2], "flights": "3"}
    assert browser.post("/check", headers=OURS, data=asked).json()["ok"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (SMALL.replace("chongming", "/etc"), "place"),
        (SMALL.replace("chongming", "../../secret.csv"), "place"),
        (SMALL + "measures: [{measure: 'os:system'}]", "code"),
        (SMALL + "measures: [{measure: 'evil.py:Evil'}]", "code"),
        (SMALL + "contacts: {community: {by_age: /etc/passwd.csv}}", "by_age"),
        (
            SMALL
            + "x: [&a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], "
            + ", ".join(
                f"&{b} [{', '.join([f'*{a}'] * 10)}]"
                for a, b in zip("abcdefg", "bcdefgh", strict=True)
            )
            + "]",
            "values",
        ),
        (SMALL + "r0: [1, 2", "YAML"),
        ("just words", "mapping"),
        (b"\xff\xfe\x00place", "UTF-8"),
        (SMALL + "# " + "z" * 250_000, "bytes"),
        (SMALL.replace("end: 2022-03-20", "end: never"), "end"),
        (SMALL.replace("end: 2022-03-20", "end: 2022-02-31"), "day is out of range"),
        ("[" * 10_000, "YAML"),
        (SMALL + "measures: [{measure: lockdown, tier: shut}]", "tier"),
    ],
)
def test_a_file_that_is_refused_says_why_and_leaves_nothing(room, browser, text, word):
    answer = bring(browser, text)
    assert answer.status_code == 422
    assert word in answer.text
    kept = room.folder / "room" / "scenarios"
    assert not kept.exists() or not list(kept.iterdir())


@pytest.mark.parametrize(
    "change",
    ["place=/etc", "measures.0.measure=os:system", "posterior.draws=/etc/passwd",
     "contacts.community.by_age=../x.csv"],
)  # fmt: skip
def test_a_change_names_no_file_and_no_code(browser, change):
    asked = {"scenario": "shanghai-2022", "set": change}
    answer = browser.post("/check", headers=OURS, data=asked)
    assert answer.status_code == 422
    assert "by browser" in answer.text


def test_a_scenario_of_the_owner_may_name_files(tmp_path):
    own = tmp_path / "mine.yaml"
    own.write_text(SMALL.replace("chongming", "./town") + "r0: 3\n")
    scenarios = Scenarios(tmp_path / "kept", (own,))
    base = scenarios.load("mine")
    assert base.place == "./town"
    assert "mine" in scenarios.titles


def test_a_nation_is_refused_where_it_is_too_large(browser):
    assert "china-exit-2022" not in browser.get("/").text
    asked = {"scenario": "shanghai-2022", "set": "place=beijing"}
    small = TestClient(application(Room(Path(browser.app.state.room.folder), largest=1_000_000),
                                   Door()), base_url="http://localhost")  # fmt: skip
    answer = small.post("/check", headers=OURS, data=asked | {"scenario": "chongming-example"})
    assert answer.status_code == 422
    assert "--largest" in answer.text


# ---- jobs ---------------------------------------------------------------------------------------


def test_a_job_waits_is_seen_and_is_stopped_by_its_owner_only(browser, room):
    made = browser.post("/jobs", headers=OURS, data={"scenario": "chongming-example", "seed": "4"})
    assert made.status_code == 202
    name = made.json()["id"]
    assert browser.get(f"/jobs/{name}").json()["state"] == "queued"
    assert "Chongming" in browser.get("/history").text
    assert browser.get(f"/runs/{name}").status_code == 200
    other = TestClient(application(room, Door()), base_url="http://localhost")
    assert other.post(f"/jobs/{name}/stop", headers=OURS).status_code == 403
    assert browser.post(f"/jobs/{name}/stop", headers=OURS).json()["ok"]
    assert browser.get(f"/jobs/{name}").json()["state"] == "stopped"


def test_one_person_may_not_fill_the_queue(browser):
    asked = {"scenario": "chongming-example"}
    codes = [browser.post("/jobs", headers=OURS, data=asked).status_code for _ in range(11)]
    assert codes == [202] * 10 + [429]


def test_who_waits_is_told_how_many_come_first_in_turn(browser, room):
    asked = {"scenario": "chongming-example"}
    for _ in range(3):
        browser.post("/jobs", headers=OURS, data=asked)
    other = TestClient(application(room, Door()), base_url="http://localhost")
    name = other.post("/jobs", headers=OURS, data=asked).json()["id"]
    assert other.get(f"/jobs/{name}").json()["before"] == 1


def test_runs_of_the_command_line_are_listed_with_their_reports(browser, room):
    run_scenario(Scenario.load("chongming-example", ["end=2022-03-25"]), out=room.folder)
    (folder,) = room.folder.glob("chongming-example-*")
    (folder / "report.html").write_text("a report")
    assert f"/folders/{folder.name}/report.html" in browser.get("/history").text
    assert browser.get(f"/folders/{folder.name}/report.html").text == "a report"
    assert browser.get("/folders/..%2froom/report.html").status_code == 404


def test_runs_with_other_seeds_are_not_set_side_by_side(browser, room):
    ids = [
        browser.post("/jobs", headers=OURS, data={"scenario": "chongming-example", "seed": seed})
        .json()["id"] for seed in ("1", "2")
    ]  # fmt: skip
    answer = browser.post("/compare", headers=OURS, data={"job": ids})
    assert answer.status_code == 422
    assert "from seed 2" in answer.text
    assert browser.post("/compare", headers=OURS, data={"job": ids[:1]}).status_code == 422


def test_a_job_that_cannot_be_written_is_not_in_the_queue(browser, room, monkeypatch):
    def full(job):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.journal, "keep", full)
    answer = browser.post("/jobs", headers=OURS, data={"scenario": "chongming-example"})
    assert answer.status_code == 507
    assert "No space left" in answer.text
    assert not room.queue.jobs


def test_jobs_are_found_again_and_a_damaged_one_is_passed_over(tmp_path):
    journal = Journal(tmp_path)
    scenario = Scenario.load("chongming-example")
    job = Job(
        "b" * 32, "me", "run", "it", [Part(scenario.resolved())], [("begin", "-7")], asked="1"
    )
    journal.keep(job)
    (tmp_path / "damaged.json").write_text('{"id": "c", "parts"')
    (tmp_path / "other.json").write_text("[]")
    (found,) = journal.read()
    assert found == job
    assert found.parts[0].read().digest() == scenario.digest()
