"""What a page of a report holds: what a browser would load of it, and what a reader sees."""

from __future__ import annotations

import re
from html.parser import HTMLParser


class Page(HTMLParser):
    """Collects what a browser would load, and the ids of the page."""

    def __init__(self):
        super().__init__()
        self.loads, self.ids, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in {"src", "srcset", "data", "poster", "action", "background"} or (
                name in {"href", "xlink:href"} and tag != "a"
            ):
                self.loads.append((tag, name, value))


def words_of(html):
    """Return what a reader sees, without figures and on one line."""
    text = re.sub(r"<(script|style|svg).*?</\1>", "", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ").replace("&#39;", "'")
    return re.sub(r"\s+", " ", text)
