"""Sentences in another language: patterns with gaps, what fills the gaps said in its turn.

A sentence with numbers is made from a template, so its template is translated:
``"{#} of {#} runs": "{1} 次模拟中有 {0} 次"``. ``{#}`` is a number or a range, ``{@}`` a date,
``{-}`` words without a stop, and ``{}`` anything. What fills a gap is itself said in the other
language if it can be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

Say = Callable[[str], str]

LONGEST = 2_000
"""Letters of a text that is looked at; longer ones are no sentence of ours."""

DEEPEST = 8
"""Patterns within patterns."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

NUMBER = (
    r"(?:under )?[+-]?\d(?:[\d,]*\d)?(?:\.\d+)?(?:e[+-]?\d+)?"
    r"(?: (?:million|billion|bn|m|k)\b)?(?: ?%)?"
)
AMOUNT = rf"{NUMBER}(?: to (?:{NUMBER}|no limit))?"
DATE = rf"\d{{4}}-\d\d-\d\d|\d{{1,2}} (?:{'|'.join(MONTHS)})[a-z]*(?: \d{{4}})?"
GAPS = {"{#}": AMOUNT, "{@}": DATE, "{-}": r"[^,;:()]+"}
"""What fills each gap but ``{}``, which takes anything."""

AMOUNTS = re.compile(AMOUNT)
CHANGE = re.compile(r"[a-z][\w.-]*=\S+")
DATES = re.compile(rf"(\d{{1,2}}) ({'|'.join(MONTHS)})[a-z]*(?: (\d{{4}}))?")

BETWEEN = re.compile(r"(?<=[^.][.?!]) (?=[A-Z0-9])")
"""Where a sentence ends and another begins."""

PARTS = re.compile(r"; (?![^(]*\))")
JOINTS = (
    (re.compile(r": (?![^(]*\))"), "：", any),
    (re.compile(r", (?![^(]*\))"), "、", all),
    (re.compile(r" and (?![^(]*\))"), " 和 ", all),
)
"""By what the parts of a text are joined, in which order they are taken apart, and how many of them
must be known. What is in brackets stays together."""

SIZES = {"million": 1e6, "billion": 1e9, "m": 1e6, "bn": 1e9, "k": 1e3}


@dataclass(frozen=True)
class Pattern:
    """A sentence with gaps in English, and how it is said.

    Parameters
    ----------
    found
        What finds the sentence; each gap ends where its next words come first, so that no text,
        whoever wrote it, takes long.
    clue
        The longest of its words between gaps: a text without them need not be looked at.
    letters
        Letters outside the gaps; of two patterns that fit the one with more is meant.
    said
        The sentence in the other language, gaps by number where their order differs.
    """

    found: re.Pattern[str]
    clue: str
    letters: int
    said: str

    @classmethod
    def of(cls, english: str, said: str) -> Pattern:
        """Return the pattern of a sentence with gaps."""
        literals = re.split(r"\{[#@-]?\}", english)
        gaps = re.findall(r"\{[#@-]?\}", english)
        free = [i for i, gap in enumerate(gaps) if gap == "{}"]
        first = literals[0]
        written = f"(?i:{re.escape(first[0])}){re.escape(first[1:])}" if first else ""
        for i, (gap, words) in enumerate(zip(gaps, literals[1:], strict=True)):
            if i in free and i != free[-1]:
                written += f"(?>(.+?){re.escape(words)}"
            else:
                written += f"({GAPS.get(gap, '.+')}){re.escape(words)}"
            if i + 1 in free and i >= free[0]:
                written += ")"
        literals[0] = first[1:]
        clue = max(literals, key=len)
        return cls(re.compile(written, re.DOTALL), clue, sum(map(len, literals)), said)


def sayer(known: Mapping[str, str]) -> Say:
    """Return what says texts in Chinese; what it has no words for stays as it is.

    Parameters
    ----------
    known
        Words and patterns by their English.
    """
    made = [Pattern.of(english, said) for english, said in known.items() if "{" in english]
    made.sort(key=lambda each: -each.letters)
    worded = [each for each in made if re.search("[A-Za-z]", each.clue)]
    bare = [each for each in made if each not in worded]

    def say(text: str, depth: int = 0) -> str:
        if text in known:
            return known[text]
        if depth > DEEPEST or not 0 < len(text) <= LONGEST:
            return text
        deeper = partial(say, depth=depth + 1)
        sentences = BETWEEN.split(text)
        if len(sentences) > 1:
            return _run_on([deeper(each) for each in sentences])
        if text.endswith("."):
            said = deeper(text[:-1])
            return text if said == text[:-1] else f"{said}。"
        small = text[:1].lower() + text[1:]
        plain = known.get(small) or amount_said(text)
        return (
            plain
            or _joined(text, PARTS, "；", any, deeper)
            or _filled(text, worded, deeper)
            or next(filter(None, (_joined(text, *joint, deeper) for joint in JOINTS)), "")
            or _filled(text, bare, deeper)
            or text
        )

    return lru_cache(maxsize=10_000)(say)


def _filled(text: str, patterns: Sequence[Pattern], say: Say) -> str:
    """Return a text as the first pattern that fits has it, its gaps said; empty if none fits."""
    for each in patterns:
        if each.clue in text and (found := each.found.fullmatch(text)):
            return _close(each.said.format(*map(say, found.groups())))
    return ""


def _joined(
    text: str, joint: re.Pattern[str], joined: str, enough: Callable[[Iterable[object]], bool],
    say: Say,
) -> str:  # fmt: skip
    """Return a text said part by part; empty if too few of its parts are known."""
    parts = joint.split(text)
    if len(parts) == 1:
        return ""
    said = [say(part) for part in parts]
    known = (a != b or CHANGE.fullmatch(a) or amount_said(a) is not None
             for a, b in zip(parts, said, strict=True))  # fmt: skip
    return _close(joined.join(said)) if enough(known) else ""


def amount_said(text: str) -> str | None:
    """Return a number, a range or a date as Chinese readers write it; None if it is none of them.

    ``667 million`` is 6.67 亿, ``1.2 to 1.4 million`` 120 万至 140 万, ``13 April`` 4 月 13 日.
    """
    if date := DATES.fullmatch(text):
        year = f"{date[3]} 年 " if date[3] else ""
        return f"{year}{MONTHS.index(date[2]) + 1} 月 {date[1]} 日"
    if not AMOUNTS.fullmatch(text):
        return None
    low, _, high = text.partition(" to ")
    if unit := re.search(r" (?:million|billion)$", high):
        # Of "1.2 to 1.4 million" the lower end is in millions too, of "638,000 to 1 million" not.
        low += unit[0] if " " not in low and _value(low) <= _value(high) else ""
    return _close(" 至 ".join(_number(each) for each in (low, high) if each))


def _value(figure: str) -> float:
    return float(re.findall(r"[\d.e+-]+", figure.replace(",", ""))[0])


def _number(text: str) -> str:
    """Return a number in 万 and 亿 if it is large and has no more than four digits that count."""
    if text == "no limit":
        return "无上限"
    if text.startswith("under "):
        return f"不足 {_number(text[6:])}"
    figure, _, size = text.partition(" ")
    if text.endswith("%") or (not size and "," not in figure):
        return text.replace(" %", "%")
    number = _value(figure) * SIZES.get(size, 1.0)
    short = float(f"{number:.4g}")
    for large, word in ((1e8, "亿"), (1e4, "万")):
        if short == number and abs(number) >= large:
            sign = "+" if figure.startswith("+") else ""
            return f"{sign}{float(f'{number / large:.4g}'):g} {word}"
    return f"{number:g}" if size else text


def _close(said: str) -> str:
    """Return a text without spaces between two Chinese letters."""
    return re.sub(r"(?<=[\u4e00-\u9fff）]) (?=[\u4e00-\u9fff（])", "", said)


def _run_on(sentences: list[str]) -> str:
    """Return sentences one after another, a space after those that stayed English."""
    ended = [each if each.endswith("。") else f"{each} " for each in sentences]
    return "".join(ended).strip()
