"""How the pages of this folder become a site: `make docs`."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sphinx.application import Sphinx

from lazaretto import __version__

HERE = Path(__file__).parent.resolve()
REPOSITORY = os.environ.get("LAZARETTO_REPOSITORY", "").rstrip("/")
"""Where files outside this folder can be read, such as https://host/owner/name/blob/main."""

project = "Lazaretto"
author = "The Lazaretto authors"
project_copyright = author
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "examples"]
templates_path = ["_templates"]
myst_heading_anchors = 3
napoleon_google_docstring = False
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_typehints = "none"

html_theme = "pydata_sphinx_theme"
html_title = "Lazaretto"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {"**": ["pages.html"]}
html_show_sourcelink = False
html_theme_options = {
    "navbar_center": [],
    "navbar_persistent": [],
    "navbar_end": ["search-button", "theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
    "use_edit_page_button": False,
}

_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?![a-z]+:)([^)\s#]+)\)")


def point_out(_: Sphinx, page: str, source: list[str]) -> None:
    """Let links to folders, and to files outside this one, lead to the repository or be plain text.

    Parameters
    ----------
    page
        Name of the page, without its ending.
    source
        Its text, in a list of one; written.
    """

    def pointed(link: re.Match[str]) -> str:
        file = (HERE / page).parent.joinpath(link[2]).resolve()
        if file.is_relative_to(HERE) and not file.is_dir():
            return link[0]
        if REPOSITORY:
            return f"[{link[1]}]({REPOSITORY}/{file.relative_to(HERE.parent).as_posix()})"
        return link[1]

    source[0] = _LINK.sub(pointed, source[0])


def setup(app: Sphinx) -> None:
    """Register what this file adds to Sphinx."""
    app.connect("source-read", point_out)
