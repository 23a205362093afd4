"""The control room in Chinese: no English sentence on the pages of a real run and a comparison."""

from __future__ import annotations

import html
import re
from collections import Counter
from pathlib import Path
from time import perf_counter

import pytest
from starlette.testclient import TestClient

from lazaretto.scenario import Scenario
from lazaretto.web.app import STATIC, application
from lazaretto.web.asked import Asked
from lazaretto.web.guarding import Door
from lazaretto.web.jobs import Job, Part, page_of
from lazaretto.web.making import made_comparison, made_run
from lazaretto.web.moving import policy_asked
from lazaretto.web.phrases import LONGEST, Pattern
from lazaretto.web.room import Room
from lazaretto.web.spoken import spoken, words

WORDS = Path(STATIC).parent / "words" / "zh"
OURS = {"X-Lazaretto": "1"}

HIDDEN = re.compile(r"<(script|style|code|textarea)\b.*?</\1>|<svg.*?</svg>|<!--.*?-->", re.DOTALL)
"""What nobody reads, or only as a key."""

ENGLISH = re.compile(r"(?<![\w-])[A-Za-z][a-z]+(?: [A-Za-z][a-z]+)+(?![\w-])")
"""Two English words or more, side by side."""

ALLOWED = {
    "English",  # the link to the other language
    "Wang and Ye",  # who measured the loss of trust
    "lazaretto compare",  # a command
}

NAME = "chongming-example"


def policy(**levers):
    asked = Asked(NAME, levers, changes=("end=2022-04-10",), replicates=2)
    made = asked.renamed(policy_asked(asked, Scenario.load(NAME)))
    return made.title, Part(made.resolved(), None, ["end=2022-04-10"], NAME)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A Chinese reader in a room with a run, ``a...``, and a comparison, ``b...``."""
    room = Room(tmp_path_factory.mktemp("room"))
    (title, one), (_, other) = policy(), policy(tier="controlled", food="60")
    jobs = [Job("a" * 32, "me", "run", title, [one], [("scenario", NAME)], replicates=2, asked="1"),
            Job("b" * 32, "me", "compare", title, [one, other], [], replicates=2, asked="2"),
            ]  # fmt: skip
    for job, make in zip(jobs, (made_run, made_comparison), strict=True):
        page = page_of(job.id, room.journal.folder)
        page.parent.mkdir(parents=True, exist_ok=True)
        job.run = str(make(job, lambda said: None, lambda: False, room.folder, page))
        job.state, job.shown = "done", True
        room.queue.jobs[job.id] = job
    made = TestClient(application(room, Door()), base_url="http://localhost")
    made.get("/?lang=zh")
    return made


def english(text):
    """Return what is English in a page or an answer."""
    text = re.sub(
        r"<(script|style|code|textarea)\b.*?</\1>|<svg.*?</svg>", " ", text, flags=re.DOTALL
    )
    shown = re.findall(r'(?:aria-label|placeholder|alt)="([^"]*)"', text)
    text = re.sub(r"<[^>]*>", " | ", text)
    whole = html.unescape(" | ".join([text, *shown]))
    found = ENGLISH.findall(re.sub(r"措施时间表：[^|]*", "", whole))  # their names are the author's
    return [each for each in found if each not in ALLOWED]


@pytest.mark.parametrize("job", ["a" * 32, "b" * 32])
def test_the_page_of_a_run_holds_no_english_sentence(browser, job):
    for path in (f"/runs/{job}", f"/runs/{job}/tables"):
        assert english(browser.get(path).text) == []


def written(spec, keys=("title", "text", "description")):
    """Yield what a specification writes itself."""
    if isinstance(spec, list):
        for each in spec:
            yield from written(each, keys)
    elif isinstance(spec, dict):
        for key, value in spec.items():
            lines = value if isinstance(value, list) else [value]
            if key in keys:
                yield from (line for line in lines if isinstance(line, str))
            yield from written(value, keys)


@pytest.mark.parametrize("job", ["a" * 32, "b" * 32])
def test_figures_write_no_english(browser, job):
    figures = browser.get(f"/jobs/{job}/shown").json()["figures"]
    assert len(figures) >= 2
    for figure in figures:
        for spec in figure["specs"].values():
            said = list(written(spec))
            assert [each for each in said if re.search("[a-z]{3}", each)
                    and not each.startswith("措施时间表：") and each != "name"] == []  # fmt: skip
            formats = set(written(spec, ("format",)))
            assert not [each for each in formats if "%b" in each or "%B" in each]
            names = set(written(spec, ("domain",)))
            labels = " ".join(written(spec, ("labelExpr", "calculate")))
            assert [each for each in names if f'"{each}": ' not in labels] == []


def test_the_levers_of_every_scenario_are_chinese(browser):
    for name in browser.app.state.room.scenarios.titles:
        assert english(browser.get("/", params={"scenario": name}).text) == []


@pytest.mark.parametrize(
    "asked",
    [{"food": "160"}, {"begin": "x"}, {"start": "soon"}, {"tier": "shut"}, {"nolever": "1"},
     {"seed": "-1"}, {"replicates": "1000"}, {"name": "n" * 81}, {"set": "r0"},
     {"set": "r0=4\nr0=5"}, {"scenario": "nowhere"}, {"off": "nothing"}],
)  # fmt: skip
def test_what_the_room_itself_refuses_is_said_in_chinese(browser, asked):
    answer = browser.post("/check", headers=OURS, data={"scenario": NAME} | asked)
    assert answer.status_code == 422
    for problem in answer.json()["problems"]:
        assert english(problem["advice"]) == []
        assert english(problem["allowed"]) == []


def test_other_answers_are_chinese(browser):
    for answer in (
        browser.get("/runs/nothing"), browser.get("/jobs/nothing"),
        browser.get("/jobs/nothing/files/report.html"),
        browser.post("/compare", headers=OURS, data={"job": "nothing"}),
        browser.post("/bring", headers=OURS, files={"file": ("a.yaml", b"just words")}),
    ):  # fmt: skip
        assert answer.status_code >= 400
        said = answer.json()["problems"] if "json" in answer.headers["content-type"] else []
        assert english(" | ".join([*(each["advice"] for each in said),
                                   "" if said else answer.text])) == []  # fmt: skip


# ---- patterns ----------------------------------------------------------------------------------


def test_no_words_are_said_twice_and_gaps_agree():
    every = Counter(
        line.partition('": ')[0] for path in WORDS.glob("*.yaml")
        for line in path.read_text(encoding="utf-8").splitlines() if line.startswith('"')
    )  # fmt: skip
    assert [key for key, number in every.items() if number > 1] == []
    for key, said in words("zh").items():
        gaps = re.findall(r"\{[#@-]?\}", key)
        used = re.findall(r"\{(\d*)\}", said)
        numbered = {int(each) for each in used if each} or set(range(len(used)))
        assert numbered == set(range(len(gaps))), key


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Infections: 3 (1 to 4) persons more; 2 per death averted",
         "感染：增加 3（1 至 4），单位：人；每避免一例死亡 2"),
        ("98,700 (+52,800; +42,200 to +63,400)", "9.87 万（+5.28 万；+4.22 万至 +6.34 万）"),
        ("orders: controlled, food 60 %, r0=4", "管控级别：管控、食物配送 60%、r0=4"),
        ("20 % of infections, 21 % of deaths", "感染 20%、死亡 21%"),
        ("The aim, at most 5 deaths by 30 June 2022, is reached in 3 of 20 runs.",
         "目标（至 2022 年 6 月 30 日死亡不超过 5 人）：20 次模拟中有 3 次达到。"),
        ("A sentence of a stranger. No deaths are averted.",
         "A sentence of a stranger. 没有避免死亡。"),
        ("1 (under 1 to 2) heart attacks more", "增加 1（不足 1 至 2），单位：例"),
        ("Days away: 92 person-days fewer (190 fewer to 6 more)",
         "Days away：减少 92（减少 190 至增加 6），单位：人日"),
        ("2 (0 to under 1) fewer", "减少 2（0 至不足 1）"),
        ("12,300 people (median of 5 runs: 1.2 to 1.4 million) died",
         "死亡 1.23 万人（5 次模拟的中位数，范围 120 万至 140 万）"),
    ],
)  # fmt: skip
def test_sentences_are_said_by_their_patterns(english, chinese):
    assert spoken("zh")(english) == chinese


def test_gaps_are_filled_in_the_order_of_the_other_language():
    one = Pattern.of("{#} of {} on {@}", "{2}，{1}：{0}")
    assert one.found.fullmatch("3 of 4 runs on 2 May 2022").groups() == (
        "3", "4 runs", "2 May 2022",
    )  # fmt: skip
    assert one.found.fullmatch("some of 4 runs on 2 May") is None


@pytest.mark.parametrize("part", ["a to ", "1 of ", "x; ", "(", ": ", "{} and {}", "no. A "])
def test_no_text_takes_long(part):
    say, text = spoken("zh"), part * (LONGEST // len(part))
    before = perf_counter()
    say(text)
    assert perf_counter() - before < 5
