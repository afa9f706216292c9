"""Bundled scripts, styles and icons: what the pages load, all of it from here."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, RedirectResponse

from pipeline.web.rendering import HERE

FILES = {file.name: file for file in (HERE / "static").iterdir()}
KEPT = "private, max-age=31536000, immutable"

router = APIRouter()


@router.get("/static/{name}")
def static_file(name: str, v: str = "") -> FileResponse:
    """Return a bundled file, to be kept for good where it is named together with its hash; 404 for anything that is none."""
    if name not in FILES:
        raise HTTPException(404, f"there is no file {name!r} here")
    return FileResponse(FILES[name], headers={"Cache-Control": KEPT} if v else None)


@router.get("/")
def start() -> RedirectResponse:
    """Lead to the fleet."""
    return RedirectResponse("forecasts")


@router.get("/{path:path}")
def nothing_here(path: str) -> None:
    """Refuse every other address, after the login like all of them."""
    raise HTTPException(404, f"there is no page {path!r}; the fleet is at forecasts")
