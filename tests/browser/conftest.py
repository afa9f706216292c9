"""What holds for every page that is looked at."""

from collections.abc import Iterator

import pytest

from tests.fixtures.browser import Chrome


@pytest.fixture(autouse=True)
def _quiet(chrome: Chrome) -> Iterator[None]:
    """No page complains, and none asks another host for anything."""
    chrome.asked.clear()
    chrome.complaints.clear()
    yield
    chrome.close_pages()
    assert chrome.complaints == []
    assert chrome.hosts() <= {"127.0.0.1"}


@pytest.fixture
def few(shown) -> Iterator[None]:
    """The page shows a few sites, some with odd names."""
    with shown("few"):
        yield
