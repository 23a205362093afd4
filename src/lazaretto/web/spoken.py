"""What the room says, in English or in Simplified Chinese."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from starlette.requests import HTTPConnection

from lazaretto.web.phrases import Say, sayer

LANGUAGES = {"en": "English", "zh": "简体中文"}
COOKIE = "lazaretto_language"


@cache
def words(code: str) -> dict[str, str]:
    """Return what English words are in a language; none for English.

    Parameters
    ----------
    code
        ``en`` or ``zh``.
    """
    folder = files("lazaretto").joinpath("web", "words", code)
    found: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda each: each.name) if folder.is_dir() else ():
        found |= yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


@cache
def spoken(code: str) -> Say:
    """Return what says English words in a language; those it has no words for stay English.

    Parameters
    ----------
    code
        ``en`` or ``zh``.
    """
    known = words(code)
    return sayer(known) if known else str


def language(asked: HTTPConnection) -> str:
    """Return the language of a request: asked for, as last time, or as the browser prefers."""
    chosen = asked.query_params.get("lang") or asked.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    first = asked.headers.get("accept-language", "").partition(",")[0].lower()
    return "zh" if first.startswith("zh") else "en"
