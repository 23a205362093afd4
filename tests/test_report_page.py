"""The page of a report: every part in its order, whole, small, loading nothing from elsewhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest
from cases import some_now
from html_pages import Page
from known_wave import (
    ASSUMED,
    GENERATION,
    MEASURES,
    N_DAYS,
    NEW_FIGURES,
    SOURCES,
    WAVE,
    data,
    data_by_district,
    many_runs,
    one_run,
)

from lazaretto.outcomes import side_by_side
from lazaretto.outcomes.aims import Aim
from lazaretto.report import report
from lazaretto.report.statements import aim_line
from lazaretto.report.tier_map import TILES


@pytest.fixture(scope="module")
def runs():
    return many_runs()


@pytest.fixture(scope="module")
def page(runs, tmp_path_factory):
    path = report(
        runs,
        tmp_path_factory.mktemp("report") / "report.html",
        observed=data(),
        observed_by_district=data_by_district(),
        measures=MEASURES,
        assumed=ASSUMED,
        generation=GENERATION,
        sources=SOURCES,
    )
    return path.read_text(encoding="utf-8")


def test_the_aim_is_answered_at_the_top(page):
    top = page[page.index('id="headline"') : page.index('id="wave"')].replace("\u00a0", " ")
    assert re.search(
        r"No aim is stated; taken as one, fewer than 100 new .* 2022.*, is reached", top
    )
    assert re.search(r"reached in \d+ of 20 runs\.", top)
    for words in ("RMB of income lost, before support", "outpatient visits forgone"):
        assert words in top
    assert "person-days without food" not in top, "the results do not have it"
    stated = Aim("deaths", date(2022, 4, 20), 10)
    assert aim_line(one_run(), stated) == (
        "The aim, at most 10 deaths by 20 April 2022, is reached in the one run."
    )


def test_a_run_without_containment_shows_none_of_it(page):
    for part in ("search", "care", "resources", *NEW_FIGURES):
        assert f'id="{part}"' not in page, part
    assert "people died" not in page


def test_page_loads_nothing(page):
    parsed = Page()
    parsed.feed(page)
    assert [load for load in parsed.loads if not load[2].startswith("#")] == []
    assert "link" not in parsed.tags
    assert "default-src 'none'" in page
    style = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    assert "@import" not in style
    assert "url(" not in style
    assert not re.search(r"url\((?!#)[^)]*://", page.split('id="specs"')[0])
    assert len(parsed.ids) == len(set(parsed.ids)), "ids are unique in the page"


def test_page_has_every_part_in_order(page):
    parts = ["headline", "wave", "reported-cases", "reported-by-district", "infections-by-layer",
             "effective-r", "confinement", "tier-map", "confined-over-time", "longest-stays",
             "people", "scale", "both-pans", "ledger", "unit-values", "proportionality", "fit",
             "measures", "measures-timeline", "assumptions", "flips", "provenance",
             "limits"]  # fmt: skip
    places = [page.index(f'id="{part}"') for part in parts]
    assert places == sorted(places)
    for words in ("3f9a41c0", "1, 2, 3, 4", "no survey found", "Seventh national census",
                  "East stays at home", "synthetic", "tuned to the data"):  # fmt: skip
        assert words in page, words
    assert page.count('role="img"') == 18
    assert page.count("<figcaption>") == 9
    assert (
        page.index("contacts.<wbr>essential")
        < page.index("<code>r0")
        < page.index("latent.<wbr>mean")
    )


def test_page_of_a_city_is_small(tmp_path):
    long = np.interp(np.linspace(0, N_DAYS - 1, 131), np.arange(N_DAYS), WAVE)
    names = sorted(TILES["shanghai"])
    noise = 1 + 0.2 * np.sin(np.arange(131) * np.arange(1, 21)[:, None])
    city = side_by_side(
        [one_run((30 * long * n).astype(int), (1_500_000,) * 16, names) for n in noise],
        list(range(20)),
    )
    path = report(
        city,
        tmp_path / "r.html",
        observed=data((30 * long).astype(int)),
        measures=MEASURES,
        generation=GENERATION,
    )
    page = path.read_text(encoding="utf-8")
    stored = re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1)
    assert len(page.encode()) - len(stored.encode()) <= 2_000_000


def test_page_is_whole_without_javascript(page):
    body = page.split('id="specs"')[0]
    assert body.count("<svg") == 18
    assert body.count("</svg>") == 18
    assert 'opacity="0"' not in body


def test_page_stores_each_table_once(page):
    stored = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1))
    specs = json.loads(re.search(r'id="specs">(.*?)</script>', page, re.DOTALL).group(1))
    assert set(specs) >= {"reported-cases", "tier-map"}
    assert all("datasets" not in spec for sizes in specs.values() for spec in sizes.values())
    assert len(stored["reported"]["median"]) == 2 * N_DAYS
    assert stored["reported"]["observed"][:N_DAYS] == WAVE.tolist()


def test_words_from_outside_cannot_become_markup(tmp_path):
    run = one_run()
    run.attrs["title"] = "</title><script>alert(1)</script>"
    measures = [{"name": "<img src=x>", "measure": "lockdown", "tier": 3, "from": "2022-03-10"}]
    html = report(run, tmp_path / "r.html", measures=measures).read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert "<img src=x" not in html


SPECIAL = {
    "no data, no measures, no parameters": (one_run(), {}),
    "no infections": (one_run(np.zeros(N_DAYS, int)), {"observed": data()}),
    "no infections and nobody confined": (one_run(np.zeros(N_DAYS, int), sealed_days=0), {}),
    "data of zeros": (one_run(), {"observed": data(np.zeros(N_DAYS, int))}),
    "data of another year": (
        one_run(),
        {"observed": data().assign(date=pd.date_range("2020-01-01", periods=N_DAYS))},
    ),
    "data by district only": (one_run(), {"observed_by_district": data_by_district()}),
    "one district": (
        one_run(population=(500_000,), districts=("Only",)),
        {"observed": data(), "measures": MEASURES},
    ),
    "a town": (one_run(population=(300, 200), districts=("a", "b")), {"measures": MEASURES}),
    "three days": (one_run(WAVE[:3], sealed_days=0), {"generation": GENERATION}),
    "one day": (one_run(WAVE[30:31], sealed_days=0), {"generation": GENERATION}),
    "measures outside the run": (
        one_run(),
        {"measures": [{"name": "Later", "measure": "lockdown", "tier": 2, "from": "2023-01-01"}]},
    ),
}


@pytest.mark.parametrize("case", some_now(SPECIAL, 3))
def test_special_cases_render(case, tmp_path):
    results, given = SPECIAL[case]
    html = report(results, tmp_path / "r.html", **given).read_text(encoding="utf-8")
    for part in ("headline", "wave", "confinement", "fit", "measures", "assumptions", "limits"):
        assert f'<section id="{part}">' in html
    assert "Confinement:" in html
    text = re.sub(r"<(script|style|svg).*?</\1>", "", html, flags=re.DOTALL)
    assert not re.search(r"\bnan\b|\bNone\b|\bNaT\b", text)


def test_unfinished_report_is_not_left_behind(runs, tmp_path):
    target = tmp_path / "deep" / "report.html"
    report(one_run(), target)
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]


def test_importing_the_report_does_not_import_the_slow_parts():
    check = "import sys, lazaretto.report; print({'altair', 'vl_convert'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
