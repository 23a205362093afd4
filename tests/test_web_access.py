"""Who is let in to the control room, in which language, and what is not answered or taken."""

from __future__ import annotations

import pytest
from quiet_room import OURS, browser_of
from starlette.testclient import TestClient

from lazaretto.scenario import Scenario
from lazaretto.web.app import application
from lazaretto.web.guarding import LARGEST, Door
from lazaretto.web.jobs import Job, Part
from lazaretto.web.room import Room


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path / "runs")


@pytest.fixture
def browser(room):
    """A browser whose room has no workers: jobs wait."""
    return browser_of(room)


def test_a_page_is_in_the_language_of_the_browser_or_the_one_chosen(browser):
    assert 'lang="zh-Hans"' in browser.get("/", headers={"accept-language": "zh-CN,en"}).text
    assert "情景" in browser.get("/?lang=zh").text
    assert "情景" in browser.get("/").text  # it is remembered
    assert "情景" not in browser.get("/?lang=en").text


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
