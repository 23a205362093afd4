"""What a person asks of the control room, as a link holds it, and the scenario it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from lazaretto.scenario import Problem, Scenario, ScenarioError
from lazaretto.web.controls import in_words
from lazaretto.words import slug

MOST_REPLICATES = 100
MOST_CHANGES = 50
LONGEST_LINE = 2_000
LONGEST_NAME = 80


@dataclass(frozen=True)
class Asked:
    """What is asked: a scenario, its levers, and how it is run.

    Parameters
    ----------
    scenario
        Name of a scenario of the library or of one that was brought.
    levers
        Value by name of each lever that was moved, as text.
    off
        Measures left out, by name or by their number, as ``3``.
    changes
        Further values, as ``key=value``.
    seed, replicates
        Seed of the first run and their number.
    beside
        Whether the next less restrictive policy is run too.
    name
        What the policy is called; made of what was moved if empty.
    """

    scenario: str
    levers: Mapping[str, str] = field(default_factory=dict)
    off: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    seed: int = 1
    replicates: int = 1
    beside: bool = True
    name: str = ""

    @classmethod
    def of(cls, fields: Sequence[tuple[str, str]], scenario: str) -> Asked:
        """Return what the fields of a form or a link say.

        Parameters
        ----------
        fields
            Name and value of each; unknown names are problems.
        scenario
            What is taken if they name none.

        Raises
        ------
        ScenarioError
            With every field that cannot be read.
        """
        problems: list[Problem] = []
        one: dict[str, str] = {}
        off: list[str] = []
        changes: list[str] = []
        for name, value in fields:
            text = value.strip()
            if name == "off" and text:
                off.append(text)
            elif name == "set":
                changes += [line.strip() for line in text.splitlines() if line.strip()]
            elif text:
                one[name] = text
        named = one.pop("scenario", scenario)
        seed = _whole(one.pop("seed", "1"), "seed", 0, 2**31, problems)
        replicates = _whole(one.pop("replicates", "1"), "replicates", 1, MOST_REPLICATES, problems)
        beside = one.pop("beside", "yes") != "no"
        name = one.pop("name", "")
        if len(name) > LONGEST_NAME:
            problems.append(Problem("name", f"{len(name)} letters", f"at most {LONGEST_NAME}",
                                    "shorten it"))  # fmt: skip
        if len(changes) > MOST_CHANGES or any(len(line) > LONGEST_LINE for line in changes):
            allowed = f"at most {MOST_CHANGES} lines of {LONGEST_LINE:,} letters"
            problems.append(Problem("set", f"{len(changes)} lines", allowed,
                                    "bring a file instead"))  # fmt: skip
        if problems:
            raise ScenarioError(problems)
        return cls(named, one, tuple(off), tuple(changes), seed, replicates, beside, name)

    def fields(self) -> list[tuple[str, str]]:
        """Return name and value of each field that is not as it is without, for a link."""
        how = [("seed", str(self.seed))] if self.seed != 1 else []
        how += [("replicates", str(self.replicates))] if self.replicates != 1 else []
        how += [] if self.beside else [("beside", "no")]
        how += [("name", self.name)] if self.name else []
        return [("scenario", self.scenario), *self.levers.items(),
                *(("off", each) for each in self.off),
                *(("set", each) for each in self.changes), *how]  # fmt: skip

    def link(self) -> str:
        """Return the address that holds what is asked."""
        return f"/?{urlencode(self.fields())}"

    def renamed(self, policy: Scenario) -> Scenario:
        """Return the policy under a name that says what was moved; as it is if nothing was.

        Parameters
        ----------
        policy
            What `policy_asked` made of this.
        """
        moved = [*(in_words(key, value) for key, value in self.levers.items()),
                 *(f"without {each}" for each in self.off), *self.changes]  # fmt: skip
        if not moved and not self.name:
            return policy
        said = self.name or ", ".join(moved)
        short = said if len(said) <= LONGEST_NAME else f"{said[:LONGEST_NAME]}..."
        plain = slug(said, 36) or "policy"
        ending = f"{plain}-{policy.digest()[:4]}"
        named = {"name": f"{policy.name}-{ending}", "title": f"{policy.title}: {short}"}
        made = type(policy).from_mapping(policy.resolved() | named)
        made._folder = policy.folder
        return made


def _whole(text: str, key: str, low: int, high: int, problems: list[Problem]) -> int:
    if text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high:
        return int(text)
    allowed = f"a whole number, {low:,} to {high:,}"
    problems.append(Problem(key, text[:40], allowed, "give a number in this range"))
    return low
