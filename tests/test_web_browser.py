"""The control room in Chromium: the whole story clicked through, by keyboard, read by axe."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A room as a user opens it, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("room")
    room = subprocess.Popen(
        [sys.executable, "-m", "lazaretto.cli", "serve", "--port", str(port), "--out",
         str(folder / "runs")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ.copy(),
    )  # fmt: skip
    place = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(place, timeout=5).close()
            break
        except OSError:
            time.sleep(0.2)
    yield place
    room.terminate()
    room.wait(20)
    assert "Traceback" not in room.stdout.read()


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as made:
        browser = made.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A page that fails the test if a script does, or if the policy of the room forbids one."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    found = context.new_page()
    wrong = []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on("request", lambda asked: None if asked.url.startswith(("http://127.0.0.1", "data:",
             "blob:")) else wrong.append(f"the network: {asked.url}"))  # fmt: skip
    found.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield found
    context.close()
    # What is refused is answered with 422, which Chromium mentions.
    assert not [said for said in wrong if "status of 422" not in said]


def read_by_axe(chromium, page, dark=False, width=1280):
    """Return the serious findings of axe, which needs scripts of its own to be let in."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, bypass_csp=True,
        color_scheme="dark" if dark else "light", storage_state=page.context.storage_state(),
    )  # fmt: skip
    again = context.new_page()
    again.goto(page.url)
    if "/runs/" in page.url:
        again.wait_for_selector("#job[data-shown]")
        for _ in range(12):
            again.mouse.wheel(0, 900)
            again.wait_for_timeout(100)
    found = axe.Axe().run(again).response["violations"]
    wide = again.evaluate("document.documentElement.scrollWidth")
    context.close()
    said = [(each["id"], each["nodes"][0]["target"]) for each in found
            if each["impact"] in SERIOUS]  # fmt: skip
    return said, wide


def see(page, figure):
    """Scroll to a figure and wait until it is drawn."""
    page.locator(figure).scroll_into_view_if_needed()
    page.wait_for_selector(f"{figure} svg")


def run_shown(page, seconds=240):
    page.wait_for_selector("#job[data-state=done]", timeout=seconds * 1000)
    page.wait_for_selector("#job[data-shown]")


@pytest.mark.slow
def test_the_whole_story(chromium, page, address):
    page.goto(address)
    page.select_option("#which", "chongming-example")
    page.click("#choose button")
    page.wait_for_url("**/?scenario=chongming-example")
    assert read_by_axe(chromium, page) == ([], 1280)

    page.fill("#end", "2022-04-10")
    page.fill("#food", "160")
    page.click("#check")
    page.wait_for_selector("#problems:not([hidden])")
    assert "0 to 100 %" in page.inner_text("#problems")
    assert page.get_attribute("#food", "aria-invalid") == "true"
    page.fill("#food", "60")
    page.click("#levers button[type=submit]")
    page.wait_for_url("**/runs/*")
    page.wait_for_selector("#so-far svg", timeout=240_000)
    run_shown(page)
    first = page.url
    assert "food 60 %" in page.inner_text("h1")
    text = page.inner_text("#tables")
    for said in ("The virus", "The confinement", "food-insecure days", "Is the policy"):
        assert said in text
    see(page, "#virus-and-policy-0")

    assert read_by_axe(chromium, page) == ([], 1280)
    assert read_by_axe(chromium, page, dark=True, width=390) == ([], 390)

    with page.expect_download() as taken:
        page.click("text=scenario (YAML)")
    assert "chongming" in taken.value.path().read_text(encoding="utf-8")
    with page.expect_download() as taken:
        page.click("text=report as a file")
    assert taken.value.path().stat().st_size > 100_000

    page.click("#pin")
    page.click("text=Change its levers")
    assert page.input_value("#food") == "60"
    page.select_option("#tier", "controlled")
    page.focus("#levers button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/*")
    assert page.url != first
    run_shown(page)
    page.focus("#pin")
    page.keyboard.press("Space")
    page.click("#compare")
    page.wait_for_selector("#job[data-kind=compare]")
    run_shown(page)
    text = page.inner_text("#tables")
    assert "Both pans of every policy" in text
    assert "orders: controlled" in text
    see(page, "#virus-and-policy-1")
    assert read_by_axe(chromium, page) == ([], 1280)

    page.goto(f"{address}/history?lang=zh")
    assert page.locator("table").first.locator("tbody tr").count() == 3
    assert "全部模拟" in page.inner_text("h1")
    assert read_by_axe(chromium, page, dark=True) == ([], 1280)
    page.click("text=English")
    page.wait_for_selector("text=All runs")


@pytest.mark.slow
def test_the_map_plays_and_stops(page, address):
    page.goto(f"{address}/?scenario=hong-kong-2022&end=2022-02-05&beside=no&lang=en")
    page.click("#levers button[type=submit]")
    page.wait_for_url("**/runs/*")
    run_shown(page)
    see(page, "#district-map")
    day = page.locator("#district-map output")
    slider = page.locator("#district-map input")
    slider.focus()
    page.keyboard.press("Home")
    assert day.inner_text() == "2021-12-31"
    page.click("#district-map .play")
    for _ in range(100):
        if day.inner_text() > "2022-01-02":
            break
        page.wait_for_timeout(100)
    assert day.inner_text() > "2022-01-02"
    page.click("#district-map .play")
    still = day.inner_text()
    page.wait_for_timeout(500)
    assert day.inner_text() == still


def test_by_keyboard_alone_one_comes_from_the_top_to_the_first_lever(page, address):
    page.goto(f"{address}/?scenario=chongming-example&lang=en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id"))
    assert "which" in seen
    assert "disease" in seen


def test_a_job_is_stopped_by_its_button(page, address):
    page.goto(f"{address}/?scenario=chongming-example&replicates=100&seed=9&lang=en")
    page.click("#levers button[type=submit]")
    page.wait_for_url("**/runs/*")
    page.wait_for_selector("#so-far svg", timeout=240_000)
    page.click("#stop")
    page.wait_for_selector("#job[data-state=stopped]", timeout=60_000)
    assert "Stopped" in page.inner_text("#problems")


def test_words_of_others_are_shown_and_not_run(page, address):
    page.goto(f"{address}/?scenario=chongming-example&lang=en")
    page.fill("#name", "<img src=x onerror=alert(1)>")
    page.fill("#end", "2022-03-25")
    page.select_option("#beside", "no")
    page.click("#levers button[type=submit]")
    page.wait_for_url("**/runs/*")
    run_shown(page)
    assert page.locator("img").count() == 0
    assert "<img" in page.inner_text("h1")
    page.click("#pin")
    assert "<img" in page.inner_text("#pins")
    assert page.locator("img").count() == 0
