"""The runbook, where alerts lead: docs/operations.md as a page."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt
from markupsafe import Markup

from pipeline.web.rendering import render

RUNBOOK = Path(__file__).parents[2] / "docs" / "operations.md"
OTHER_PAGES = re.compile(r"\[([^\]]+)\]\((?!https?:|#)[^)]*\)")  # of the documentation: not served here

router = APIRouter()


@router.get("/runbook")
def runbook() -> HTMLResponse:
    """Show the runbook; 404 where this installation came without the documentation."""
    if not RUNBOOK.exists():
        raise HTTPException(404, f"the runbook did not come with this installation (looked for {RUNBOOK}); set DAYAHEAD_RUNBOOK_URL")
    return render("runbook.html", title="Runbook", text=_written(RUNBOOK.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def _written(text: str) -> Markup:
    """Return Markdown as HTML, each heading with the anchor that alerts name; what the text holds of HTML stays text."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(OTHER_PAGES.sub(r"\1", text))
    for opened, inline in pairwise(tokens):
        if opened.type == "heading_open":
            opened.attrSet("id", anchor(inline.content))
    return Markup(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S704  # our own file, its HTML escaped above


def anchor(heading: str) -> str:
    """Return a heading as the fragment of an address."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
