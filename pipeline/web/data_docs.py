"""The Data Docs of every validation, as Great Expectations wrote them but for what they would fetch from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, Response

from pipeline.web.reading import SettingsHere
from pipeline.web.rendering import render

FETCHED = re.compile(
    r"""<script\b.*?</script>|<link\b[^>]*>|<img\b[^>]*src="(?:https?:)?//[^>]*>|\son[a-z]+="[^"]*"|url\(['"]?(?:https?:)?//[^)]*\)""",
    re.DOTALL | re.IGNORECASE,
)
VERDICT = re.compile(r"Status:</span>.*?</i>\s*(\w+)", re.DOTALL)
INLINE_STYLES = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'"

router = APIRouter()


@router.get("/data-docs/{path:path}")
def data_docs(path: str, settings: SettingsHere) -> Response:
    """Return a file of the Data Docs; 404 for anything that is none."""
    docs = (settings.home / "gx").resolve()
    file = _file_below(docs, path)
    if file is None:
        raise HTTPException(404, "no such page; Data Docs are kept on the machine that validated")
    root = "../" * (file.relative_to(docs).as_posix().count("/") + 1)
    if file.name == "index.html":
        return render(
            "data_docs.html", title="Data Docs", root=root, run=file.parent.relative_to(docs).as_posix(), rows=verdicts(file.parent)
        )
    if file.suffix != ".html":
        return FileResponse(file)
    style = f'<link rel="stylesheet" href="{root}static/data_docs.css"></head>'
    page = FETCHED.sub("", file.read_text(encoding="utf-8")).replace("</head>", style, 1)
    return HTMLResponse(page, headers={"Content-Security-Policy": INLINE_STYLES})


def _file_below(docs: Path, path: str) -> Path | None:
    try:
        file = (docs / path).resolve()
        return file if file.is_relative_to(docs) and file.is_file() else None
    except (OSError, ValueError):  # longer than a path may be, or a NUL in it
        return None


def verdicts(folder: Path) -> list[dict[str, str]]:
    """Return each validation of a run's Data Docs: what was looked at, the verdict, and its page relative to ``folder``; failures first."""
    rows = []
    for page in sorted((folder / "validations").rglob("*.html")):
        found = VERDICT.search(page.read_text(encoding="utf-8"))
        place = page.relative_to(folder)
        subject = " / ".join(place.parts[1:-3])  # before the name of the run, its instant and the file
        rows.append({"subject": subject, "verdict": found[1] if found else "unknown", "page": quote(place.as_posix())})
    return sorted(rows, key=lambda row: row["verdict"] == "Succeeded")
