"""What the room says, in English or in Simplified Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import yaml
from starlette.requests import Request

LANGUAGES = {"en": "English", "zh": "简体中文"}
COOKIE = "lazaretto_language"

Say = Callable[[str], str]

DATED = re.compile(r"(.+) (\d{4}-\d\d-\d\d)")
TIMES = re.compile(r"([\d.]+) times")
RUN = re.compile(r"(?:run (\d+) of (\d+), )?(\d+ [A-Z][a-z]+ \d{4})")


@cache
def words(code: str) -> dict[str, str]:
    """Return what English words are in a language; none for English.

    Parameters
    ----------
    code
        ``en`` or ``zh``.
    """
    if code == "en":
        return {}
    text = files("lazaretto").joinpath("web", "words", f"{code}.yaml").read_text(encoding="utf-8")
    return {str(english): str(said) for english, said in yaml.safe_load(text).items()}


@cache
def spoken(code: str) -> Say:
    """Return what says English words in a language; those it has no words for stay English.

    Parameters
    ----------
    code
        ``en`` or ``zh``.
    """
    known = words(code)

    def say(english: str) -> str:
        if english in known or not known:
            return known.get(english, english)
        dated, times = DATED.fullmatch(english), TIMES.fullmatch(english)
        if dated and dated[1] in known:
            return f"{known[dated[1]]} {dated[2]}"
        if times and "times" in known:
            return f"{times[1]}{known['times']}"
        return english

    return say


def amounts_said(code: str) -> Say:
    """Return what writes amounts in a language: 667 million as 6.67 亿.

    Parameters
    ----------
    code
        ``en`` or ``zh``.
    """
    return _in_chinese if code == "zh" else str


def _in_chinese(text: str) -> str:
    def whole(found: re.Match[str]) -> str:
        number = float(found[1].replace(",", "")) * SIZES[found[2]]
        for size, word in ((1e8, "亿"), (1e4, "万")):
            if number >= size:
                return f"{float(f'{number / size:.3g}'):g} {word}"
        return f"{number:g}"

    # The lower end of "1.2 to 1.4 million" is in millions too.
    text = re.sub(r"([\d.,]+) to ([\d.,]+) (million|billion)", r"\1 \3 to \2 \3", text)
    text = re.sub(r"([\d.,]*\d) (million|billion)", whole, text)
    text = re.sub(r"\b(\d+) days?\b", r"\1 天", text)
    return text.replace(" to ", " 至 ").replace(" %", "%").replace("none", "无")


SIZES = {"million": 1e6, "billion": 1e9}


def language(request: Request) -> str:
    """Return the language of a request: asked for, as last time, or as the browser prefers."""
    asked = request.query_params.get("lang") or request.cookies.get(COOKIE)
    if asked in LANGUAGES:
        return str(asked)
    first = request.headers.get("accept-language", "").partition(",")[0].lower()
    return "zh" if first.startswith("zh") else "en"


def progress_said(what: str, say: Say) -> str:
    """Return a step of a job: its words in the language, dates and numbers as they are.

    Parameters
    ----------
    what
        As a run tells of it: "simulating run 2 of 5, 3 April 2022".
    say
        The language.
    """
    before, colon, rest = what.partition(": ")
    if colon:
        return f"{say(before)}: {progress_said(rest, say)}"
    head, _, tail = what.partition(" ")
    found = RUN.fullmatch(tail)
    if head != "simulating" or found is None:
        return say(what)
    of = f" {found[1]}/{found[2]}" if found[1] else ""
    return f"{say('simulating')}{of} {found[3]}"
