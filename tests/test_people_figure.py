"""The figure that sets a population beside its tables."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lazaretto.people import fidelity, make_population, read_area, scaled
from lazaretto.report.appearance import specification
from lazaretto.report.people import ENDINGS, fidelity_figure, save_fidelity
from lazaretto.words import AGE_BANDS


@pytest.fixture(scope="module")
def compared():
    census = scaled(read_area("shanghai"), 20_000, 4)
    return fidelity(make_population(census), census)


def test_the_figure_holds_every_margin_and_the_three_matrices(compared):
    data = specification(fidelity_figure(compared))["datasets"]
    ages = {row["label"]: row for row in data["ages"]}
    assert list(ages) == list(AGE_BANDS)
    assert all(row["made"] == row["table"] for row in ages.values())
    assert sum(row["made"] for row in ages.values()) == compared.n_persons
    assert [row["label"] for row in data["sizes"]] == [str(size) for size in range(1, 11)]
    assert sum(row["made"] for row in data["districts"]) == compared.n_persons
    contacts = data["contacts"]
    assert len(contacts) == 3 * 18 * 18
    implied = [row["value"] for row in contacts if row["which"] == "implied"]
    assert np.allclose(np.reshape(implied, (18, 18)), compared.household_contacts, atol=1e-4)


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_is_saved_as_what_its_name_says(compared, tmp_path, ending):
    path = tmp_path / "new" / f"people{ending}"
    save_fidelity(compared, path)
    content = path.read_bytes()
    begins = {".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF", ".json": b"{"}[ending]
    assert content.startswith(begins)
    if ending == ".json":
        assert json.loads(content)["description"].startswith("The synthetic population of")


def test_another_ending_is_refused(compared, tmp_path):
    with pytest.raises(ValueError, match=r"\.svg, \.png"):
        save_fidelity(compared, tmp_path / "people.gif")
    assert not list(tmp_path.iterdir())
