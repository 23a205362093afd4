"""Whatever is wrong with what a user gives: a clear error or a valid result, and nothing else.

Never a traceback, never more than ten seconds or two gigabytes, never a changed file.
"""

from __future__ import annotations

import json
import random
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import mutations
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import LONGEST, MOST_BYTES, TooLongError, limited
from own_process import content_of, in_a_process
from spoiled_cases import KINDS, Kind, a_population_that_was_kept, call, checked, clear, one_case
from spoiled_ground import Ground, made_ground

from lazaretto.scenario import Scenario, ScenarioError
from lazaretto.studies.calibration.journal import Journal, JournalError


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with made_ground(tmp_path_factory.mktemp("bad")) as made:
        yield made


def many(ground: Ground, kind: Kind, seeds: range) -> Counter[bool]:
    """Make cases; fail with all that failed among them, by what went wrong and their seeds."""
    ended: Counter[bool] = Counter()
    failed: dict[str, list[int]] = {}
    for seed in seeds:
        try:
            ended[one_case(ground, kind, seed)] += 1
        except (Exception, TooLongError) as error:
            at = error.__traceback__
            while at is not None and at.tb_next is not None:
                at = at.tb_next
            where = "" if at is None else f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}"
            said = f"{type(error).__name__} at {where}: {str(error)[:200]}"
            failed.setdefault(said, []).append(seed)
    print(f"\n{kind.__name__}: {len(seeds)} cases, {ended[True]} refused, {ended[False]} valid")
    assert not failed, f"{kind.__name__}, what went wrong and the seeds: {failed}"
    return ended


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_bad_input_is_refused_or_does_no_harm(ground: Ground, kind: Kind):
    ended = many(ground, kind, range(4 * KINDS[kind]))
    assert ended.total() == 4 * KINDS[kind]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_bad_input_is_refused_or_does_no_harm_20_000_times(ground: Ground, kind: Kind):
    ended = many(ground, kind, range(1_000, 1_000 + 190 * KINDS[kind]))
    assert ended[True] > 0 or kind is a_population_that_was_kept


ENDLESS = {
    "bomb": (mutations.BOMB.format(key="description"), "more than 100,000 values"),
    "cycle": (mutations.CYCLES[0].format(key="title"), "repeats what it is a part of"),
    "cycle of keys": (mutations.CYCLES[1].format(key="title"), "repeats what it is a part of"),
    "depth": (f"title: {'[' * 42}{']' * 42}\n", "more than 40 levels"),
    "great depth": (f"title: {'[' * 9_000}{']' * 9_000}\n", "more than 40 levels"),
    "tag": ("title: !!timestamp x\n", "does not fit its value"),
    "control": ('title: "a\\x07"\n', "control character"),
    "half a letter": ('title: "\\ud800"\n', "control character"),
    "length": (f"title: {'x' * 1_000_001}\n", "at most 1,000,000"),
    "long name": (f"place: {'x' * 256}\n", "longer than 255 bytes"),
}
"""Texts that are short to write and long to read, and what is said of them."""


@pytest.mark.parametrize("name", ENDLESS)
def test_what_is_endless_is_refused_at_once(ground: Ground, name: str):
    text, said = ENDLESS[name]
    folder = ground.town("endless")
    file = folder / "endless.yaml"
    file.write_text(text)
    with limited():
        code, printed = call("check", file, "--json")
        assert code == 2
        assert said in printed
        key, _, value = text.partition(": ")
        if name in ("depth", "tag", "control", "long name"):
            code, printed = call("check", folder / "twin.yaml", "--set", f"{key}={value}", "--json")
            assert code == 2
            assert said in printed


def test_a_merge_and_an_alias_within_reason_are_understood(ground: Ground):
    folder = ground.town("merged")
    more = "less_restrictive: &a {name: &n less, without: [seal]}\n"
    more += "alternatives:\n- {<<: *a, title: *n}\n"
    with (folder / "twin.yaml").open("a") as file:
        file.write(more)
    assert checked(folder / "twin.yaml", as_json=True) == 0


def test_a_damaged_journal_of_a_fit_says_what_to_do(tmp_path: Path):
    file = tmp_path / "runs.sqlite"
    file.write_bytes(b"not a database" * 1_000)
    with pytest.raises(JournalError, match="move it away"):
        Journal(file)


# The same with values that Hypothesis makes


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates()
ANY = st.recursive(
    SCALARS, lambda part: st.lists(part) | st.dictionaries(st.text() | SCALARS, part), max_leaves=12
)


def refused_or_read(written: dict, key: str, value: object) -> None:
    try:
        scenario = Scenario.from_mapping(written, {key: value})
    except ScenarioError as error:
        clear(error)
        return
    assert Scenario.from_mapping(scenario.resolved()) == scenario
    json.dumps(scenario.resolved())


def any_value_at_any_key(ground: Ground, cases: int) -> None:
    written = yaml.safe_load(ground.texts["twin"])
    more = ("posterior", "aim", "less_restrictive", "alternatives", "border", "behaviour",
            "vaccination", "nation", "contacts", "confinement", "outputs", "reporting")  # fmt: skip
    keys = [*mutations.keys_of(written), *more]

    @settings(max_examples=cases, deadline=None, database=None, derandomize=True)
    @given(key=st.sampled_from(keys), value=ANY)
    def run(key: str, value: object) -> None:
        refused_or_read(written, key, value)

    run()


def test_any_value_at_any_key_is_refused_or_read(ground: Ground):
    any_value_at_any_key(ground, 100)


@pytest.mark.slow
def test_any_value_at_any_key_is_refused_or_read_1_500_times(ground: Ground):
    any_value_at_any_key(ground, 1_500)


# The real command, in a process of its own


def by_command(ground: Ground, seeds: range) -> None:
    """Give spoiled scenarios to the command as a user does, in processes of its own."""
    refused = 0
    for seed in seeds:
        rng = random.Random(f"command {seed}")
        folder = ground.town("command")
        file = folder / "spoiled.yaml"
        file.write_bytes(mutations.scenario(rng, ground.texts["twin"]))
        before = content_of(folder)
        if rng.random() < 0.5:
            words = ["check", str(file)]
        else:
            written = yaml.safe_load(ground.texts["twin"])
            words = ["check", str(folder / "twin.yaml"), "--set", mutations.override(rng, written)]
        if any("\x00" in word for word in words):
            continue  # no shell can hand that over
        code, printed, seconds, most = in_a_process(words, lambda: signal.alarm(120))
        assert code in (0, 2), (seed, printed[-2_000:])
        assert "Traceback" not in printed, (seed, printed[-2_000:])
        assert printed.strip()
        assert seconds < LONGEST, seed
        assert most < MOST_BYTES, seed
        assert content_of(folder) == before
        refused += code == 2
    assert 0 < refused < len(seeds)


def test_the_command_refuses_bad_input_in_a_process_of_its_own(ground: Ground):
    by_command(ground, range(20))


@pytest.mark.slow
def test_the_command_refuses_bad_input_in_processes_of_their_own_500_times(ground: Ground):
    by_command(ground, range(1_000, 1_500))
