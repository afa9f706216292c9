"""Which files the pages hand out as Data Docs, and which not."""

import pytest
from fastapi import HTTPException

from pipeline.config import Settings
from pipeline.web.data_docs import data_docs


@pytest.mark.parametrize(
    "path", ["", "../secrets.json", "page\0.html", "/etc/passwd", "none.html", "x" * 5000, "x/" * 3000, "a\0b", "\ud800"]
)
def test_what_is_no_file_of_the_data_docs_is_not_found(tmp_path, path):
    (tmp_path / "gx").mkdir()
    (tmp_path / "secrets.json").write_text("{}")

    with pytest.raises(HTTPException, match="404"):
        data_docs(path, Settings(home=tmp_path))


def test_a_page_is_stripped_of_what_it_would_fetch_from_elsewhere(tmp_path):
    (tmp_path / "gx").mkdir()
    (tmp_path / "gx" / "page.html").write_text('<head><script src="https://example.com/x.js"></script></head>')

    page = data_docs("page.html", Settings(home=tmp_path)).body.decode()

    assert "example.com" not in page
    assert 'href="../static/data_docs.css"' in page
