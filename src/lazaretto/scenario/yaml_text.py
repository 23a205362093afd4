"""Reading YAML as somebody wrote it: nothing twice, nothing endless, and the line of an error."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

MOST_LETTERS = 1_000_000
"""Length of a text at most; the longest scenario that ships has 38,000."""

MOST_VALUES = 100_000
"""Values of a text at most, each counted as often as an alias repeats it."""

DEEPEST = 40
"""Levels of lists and keys within each other at most."""

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Signs that no file of results can hold: control characters, and halves of a letter."""

_BOOLEAN = "tag:yaml.org,2002:bool"
_MERGE = "tag:yaml.org,2002:merge"


class YamlError(ValueError):
    """A text that cannot be read as YAML.

    Parameters
    ----------
    said
        What is wrong.
    where
        Line and column in words, empty where that is not known.
    """

    def __init__(self, said: str, where: str = "") -> None:
        self.said, self.where = said, where
        super().__init__(f"{where}: {said}" if where else said)


def read_yaml(text: str) -> Any:  # noqa: ANN401 - whatever was written
    """Return what a text says.

    Parameters
    ----------
    text
        YAML, as in a scenario file or behind ``--set key=``.

    Raises
    ------
    YamlError
        If it is no YAML, writes a key twice, or holds more than any scenario needs.
    """
    if len(text) > MOST_LETTERS:
        raise YamlError(f"{len(text):,} letters; at most {MOST_LETTERS:,} are read")
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise YamlError(str(error.problem), where) from None
    except Exception as error:
        # A date that is none, as 2022-02-30, or a tag that does not fit, as !!timestamp x, of which
        # the library says nothing better than what went wrong in it.
        if isinstance(error, yaml.YAMLError | ValueError | RecursionError):
            raise YamlError(" ".join(str(error).split()) or type(error).__name__) from None
        raise YamlError("a tag (as !!int) that does not fit its value") from None


def text_of(path: Path) -> str:
    """Return the text of a YAML file, unless it is too long to be one.

    Raises
    ------
    YamlError
        If it is too long.
    OSError, UnicodeDecodeError
        If it cannot be read, or is not UTF-8.
    """
    if path.stat().st_size > 4 * MOST_LETTERS:  # a letter has four bytes at most
        raise YamlError(f"larger than any scenario; at most {MOST_LETTERS:,} letters are read")
    return path.read_text(encoding="utf-8")


class _Loader(yaml.SafeLoader):
    """YAML without keys written twice, of which the plain loader keeps the last in silence.

    As in YAML 1.2, which editors read, on and off are words: a trigger has them as keys.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - the name and shape that PyYAML looks for
        first: [(tag, pattern) for tag, pattern in known if first not in "oO" or tag != _BOOLEAN]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._level = 0

    def get_single_node(self) -> yaml.Node | None:
        node: yaml.Node | None = super().get_single_node()
        if node is not None:
            _count(node, {})
        return node

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - PyYAML's own
        self._level += 1
        if self._level > DEEPEST + 1:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem=f"more than {DEEPEST} levels within each other",
                problem_mark=event.start_mark,
            )
        node: yaml.Node | None = super().compose_node(parent, index)
        self._level -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key {key!r} is written twice", problem_mark=key_node.start_mark
                )
            seen.add(key if isinstance(key, Hashable) else id(key))
        return super().construct_mapping(node, deep=deep)


def _count(node: yaml.Node, known: dict[int, int | None]) -> int:
    """Return how many values a node holds once its aliases are written out; refuse too many."""
    if id(node) in known:
        number = known[id(node)]
        if number is None:
            raise yaml.MarkedYAMLError(
                problem="an alias repeats what it is a part of", problem_mark=node.start_mark
            )
        return number
    known[id(node)] = None
    number = 1
    if isinstance(node, yaml.ScalarNode) and _NO_TEXT.search(node.value):
        raise yaml.MarkedYAMLError(
            problem="a control character in a text", problem_mark=node.start_mark
        )
    if isinstance(node, yaml.CollectionNode):
        for part in node.value:
            for each in part if isinstance(part, tuple) else (part,):
                number += _count(each, known)
    if number > MOST_VALUES:
        raise yaml.MarkedYAMLError(
            problem=f"more than {MOST_VALUES:,} values, aliases written out",
            problem_mark=node.start_mark,
        )
    known[id(node)] = number
    return number
