"""The Data Docs of every validation."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from pipeline.web.reading import SettingsHere

router = APIRouter()


@router.get("/data-docs/{path:path}")
def data_docs(path: str, settings: SettingsHere) -> FileResponse:
    """Return a file of the Data Docs; 404 for anything that is none."""
    docs = (settings.home / "gx").resolve()
    file = (docs / path).resolve()
    if not file.is_relative_to(docs) or not file.is_file():
        raise HTTPException(404, "no such page; Data Docs are kept on the machine that validated")
    return FileResponse(file)
