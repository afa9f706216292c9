"""How little of the API server the pages may hold: sixty views of a locked table beside Airflow's own pages."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg2
import pytest
import requests

from tests.fixtures.stack import Stack

VIEWS = 60
MOST_SECONDS = 3.0  # that Airflow's own API may take meanwhile, on two cores that sixty requests keep busy too


@pytest.fixture
def caller(stack: Stack) -> requests.Session:
    """A person who is logged in."""
    settings, session = stack.settings, requests.Session()
    login = {"username": settings.tracking_username, "password": settings.tracking_password.get_secret_value()}
    token = requests.post(f"{settings.airflow_url}/auth/token", json=login, timeout=30).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=VIEWS))
    return session


def test_sixty_views_of_a_locked_table_are_refused_in_words_and_airflow_stays_free(stack: Stack, shown, page_databases, caller):
    air = stack.settings.airflow_url
    with shown("few"), closing(psycopg2.connect(page_databases["few"])) as blocker, ThreadPoolExecutor(VIEWS) as people:
        assert caller.get(f"{air}/dayahead/forecasts", timeout=30).status_code == 200
        blocker.cursor().execute("LOCK TABLE dayahead.peaks IN ACCESS EXCLUSIVE MODE")
        views = [people.submit(caller.get, f"{air}/dayahead/forecasts", timeout=90) for _ in range(VIEWS)]
        waited = []
        while not all(view.done() for view in views):
            began = time.monotonic()
            assert caller.get(f"{air}/api/v2/dags", timeout=60).status_code == 200
            waited.append(time.monotonic() - began)
            time.sleep(0.1)
        blocker.rollback()
        answers = [view.result() for view in views]
        after = caller.get(f"{air}/dayahead/forecasts", timeout=30)

    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert any("The pages are busy" in answer.text for answer in answers)
    assert max(answer.elapsed.total_seconds() for answer in answers) < 30
    assert max(waited) < MOST_SECONDS
    assert after.status_code == 200


def test_the_address_without_a_page_leads_to_the_fleet(stack: Stack, shown, caller):
    with shown("few"):
        answer = caller.get(f"{stack.settings.airflow_url}/dayahead/", timeout=30)

    assert (answer.status_code, answer.url) == (200, f"{stack.settings.airflow_url}/dayahead/forecasts")
