"""An alert on its way, through a real mail server and a real web server on loopback."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from email.header import decode_header, make_header
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from pipeline.alerts.delivery import deliver
from pipeline.alerts.messages import RUNBOOK, Alert
from tests.fixtures.receivers import Hook, Mailbox, mail_server, web_server
from tests.fixtures.scripts import ARABIC, NAMES

DAY = date(2026, 8, 22)
RUN_URL = "http://127.0.0.1:8090/dags/forecast_day_ahead/runs/manual__1"
DEGRADED = Alert("degraded", DAY, facts={"affected": 2, "total": 3, "rungs": [("seasonal_naive", 2, ["a", "it's <b>"])]})
TOLD = "SELECT kind, subject, delivered, problem FROM dayahead.alerts"


@pytest.fixture
def mailbox(monkeypatch):
    with mail_server() as box:
        monkeypatch.setenv("AIRFLOW_CONN_DAYAHEAD_SMTP", box.connection)
        yield box


@pytest.fixture
def hook(monkeypatch):
    with web_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_DAYAHEAD_WEBHOOK", server.connection)
        yield server


@pytest.fixture
def no_connections(monkeypatch):
    for name in ("SMTP", "WEBHOOK"):
        monkeypatch.delenv(f"AIRFLOW_CONN_DAYAHEAD_{name}", raising=False)


def test_an_alert_goes_by_mail_and_webhook_in_plain_words_with_links(database, run_sql, mailbox: Mailbox, hook: Hook):
    deliver(database.model_copy(update={"airflow_url": "http://127.0.0.1:8090"}), DEGRADED, RUN_URL)

    [mail] = mailbox.mails
    assert mail["Subject"] == "[dayahead] Forecast of 2026-08-22 is degraded: 2 of 3 sites"
    assert mail["To"] == "noc@example.com, ops@example.com"
    page = mailbox.text()
    assert "seasonal_naive: 2 (a, it&#x27;s &lt;b&gt;)" in page
    assert f'<a href="{RUN_URL}">' in page
    [(path, body)] = hook.posts
    assert path == "/services/T0/sEcReT"
    assert body["links"] == {
        "run": RUN_URL,
        "page": "http://127.0.0.1:8090/plugin/forecasts",
        "runbook": "http://127.0.0.1:8090/dayahead/runbook#the-forecast-is-degraded",
    }
    assert (body["kind"], body["target_day"]) == ("degraded", "2026-08-22")
    assert "2 of 3 sites were not forecast by the champion" in body["text"]
    assert run_sql(TOLD) == [("degraded", "", ["log", "smtp", "webhook"], None)]


def test_sites_with_names_in_any_script_are_named_in_mails_and_posts(database, mailbox: Mailbox, hook: Hook):
    deliver(database, Alert("degraded", DAY, facts={"affected": 3, "total": 3, "rungs": [("seasonal_naive", 3, list(NAMES))]}), RUN_URL)
    deliver(database, Alert("failure", DAY, subject=ARABIC, facts={"dag": "d", "task": ARABIC, "reason": "x", "tries": 1}), RUN_URL)

    told = f"seasonal_naive: 3 ({', '.join(NAMES)})"
    assert told.replace(ARABIC, f"<bdi>{ARABIC}</bdi>") in mailbox.text(0)
    assert told in hook.posts[0][1]["text"]
    assert ARABIC in str(make_header(decode_header(mailbox.mails[1]["Subject"])))


def test_the_same_alert_is_told_once_and_another_of_the_day_too(database, run_sql, mailbox, hook):
    for _ in range(3):
        deliver(database, DEGRADED, RUN_URL)
    deliver(database, Alert("degraded", date(2026, 8, 23), facts=DEGRADED.facts), RUN_URL)

    assert (len(mailbox.mails), len(hook.posts)) == (2, 2)
    assert len(run_sql(TOLD)) == 2


def test_an_alert_that_several_tasks_find_at_once_is_told_once(database, hook):
    with ThreadPoolExecutor(4) as tasks:
        list(tasks.map(lambda _: deliver(database, DEGRADED, RUN_URL), range(4)))

    assert len(hook.posts) == 1


def test_without_a_connection_an_alert_goes_to_the_log_alone(database, run_sql, no_connections, caplog):
    with caplog.at_level(logging.WARNING):
        deliver(database, DEGRADED, RUN_URL)

    assert "alert kind=degraded: Forecast of 2026-08-22 is degraded" in caplog.text
    assert run_sql(TOLD) == [("degraded", "", ["log"], None)]


def test_what_one_channel_refused_is_sent_there_by_the_next_run_and_nowhere_twice(database, run_sql, mailbox, hook, caplog):
    mailbox.refuse, hook.status = True, 500
    deliver(database, DEGRADED, RUN_URL)
    first = run_sql(TOLD)
    mailbox.refuse = False
    deliver(database, DEGRADED, RUN_URL)
    second = run_sql(TOLD)
    hook.status = 200
    deliver(database, DEGRADED, RUN_URL)

    assert first[0][2] == ["log"]
    assert first[0][3].startswith("smtp: SMTP")
    assert second[0][2] == ["log", "smtp"]
    assert run_sql(TOLD)[0][2:] == (["log", "smtp", "webhook"], None)
    assert len(mailbox.mails) == 1
    assert "sEcReT" not in first[0][3]


def test_a_mail_server_that_is_away_fails_nothing_and_leaks_no_address(database, run_sql, monkeypatch, caplog):
    with mail_server() as box, web_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_DAYAHEAD_SMTP", box.connection)
        monkeypatch.setenv("AIRFLOW_CONN_DAYAHEAD_WEBHOOK", server.connection)

    deliver(database, DEGRADED, RUN_URL)

    assert run_sql(TOLD)[0][2] == ["log"]
    assert "webhook: ConnectionError" in run_sql(TOLD)[0][3]
    assert "test the connection dayahead_smtp" in caplog.text


def test_a_connection_without_recipients_is_told_how_to_mend(database, run_sql, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_DAYAHEAD_SMTP", '{"conn_type": "smtp", "host": "127.0.0.1"}')

    deliver(database, DEGRADED, RUN_URL)

    assert 'names no recipient; add "to" to its extra' in run_sql(TOLD)[0][3]


def test_an_alert_about_a_database_that_is_away_is_told_all_the_same(database, mailbox):
    away = database.model_copy(update={"database_url": SecretStr("postgresql://postgres@127.0.0.1:9/dayahead")})

    deliver(away, DEGRADED, RUN_URL)

    assert len(mailbox.mails) == 1


DUE = datetime(2026, 8, 22, 2, tzinfo=ZoneInfo("Europe/Berlin"))
FACTS = {
    "failure": {"dag": "train_model", "task": "train", "tries": 3, "reason": "no readings"},
    "deadline": {"dag": "forecast_day_ahead", "due": DUE},
    "degraded": DEGRADED.facts,
    "capacity": {"count": 1, "worst": []},
    "drift": {"features": [("level", 0.6, 0.1)], "version": "3", "retrain": None},
    "decay": {"decay": 2.0, "against": "its backtest", "threshold": 1.5, "group": "region=west", "retrain": "WAPE 0.4"},
    "anomalies": {"count": 1, "total": 3, "worst": []},
    "review": {"dag": "train_model", "question": "Make version 3 champion?", "until": DUE, "silence": "rejected", "reviewers": ("anna",)},
    "silence": {"dag": "train_model", "version": "3", "hours": 48.0, "silence": "rejected"},
    "newcomers": {"added": ["fra-02"], "unknown": ["fra-03"], "zone": "UTC"},
    "zones": {"sites": [("fra-01", "Europe/Berlinn is no time zone")]},
    "intervals": {"changes": ["fra-01 reports every 15 min since 2026-08-20, 5 before"]},
    "service": {"service": "postgres", "machine": "node-1", "at": DUE, "log": "/logs/postgres.log", "said": "FATAL: disk full"},
    "outside": {"version": "4", "previous": "3", "group": ""},
}


@pytest.mark.parametrize("kind", RUNBOOK)
def test_every_kind_has_a_title_in_one_line_and_leads_to_its_runbook(database, kind, no_connections, run_sql):
    deliver(database, Alert(kind, DAY, facts=FACTS[kind]), RUN_URL)

    [(message,)] = run_sql("SELECT message FROM dayahead.alerts")
    title, blank, *rest = message.splitlines()
    assert DAY.isoformat() in message
    assert len(title) < 90
    assert blank == ""
    assert rest[-1].endswith(f"#{RUNBOOK[kind]}")


def test_links_lead_to_where_people_reach_airflow_and_to_a_runbook_of_ones_own(database, hook):
    public = database.model_copy(update={"airflow_url": "http://10.0.0.7:8080", "public_url": "https://air.example.com/"})
    deliver(public, DEGRADED, RUN_URL)
    deliver(public.model_copy(update={"runbook_url": "https://wiki.example.com/noc"}), Alert("decay", DAY, facts=FACTS["decay"]), RUN_URL)

    (_, first), (_, second) = hook.posts
    assert first["links"]["page"] == "https://air.example.com/plugin/forecasts"
    assert first["links"]["runbook"] == "https://air.example.com/dayahead/runbook#the-forecast-is-degraded"
    assert second["links"]["runbook"] == "https://wiki.example.com/noc#the-champion-has-decayed"


def test_amounts_carry_the_unit_and_instants_the_clock_of_the_site(database, hook):
    at = datetime(2026, 8, 22, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
    facts = {"count": 1, "worst": [("pek", at, 0.31, 40_000.0)]}

    deliver(database.model_copy(update={"unit": "Mbit/s"}), Alert("capacity", DAY, facts=facts), RUN_URL)

    assert "- pek, most likely at Sat 22 Aug 20:00 (Asia/Shanghai): 31 % (capacity 40.0 Gbit/s)" in hook.posts[0][1]["text"]
