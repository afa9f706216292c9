"""What a collector of OpenTelemetry is told of a run, on steps that only pretend to work."""

import json
import re

import pytest

from tests.docs.pages import PROJECT
from tests.fixtures.dag_process import found_by
from tests.fixtures.receivers import Collector, telemetry_collector

PROBE = """
import sys
from airflow.utils.db import initdb
initdb()
import pipeline.scheduling.tasks
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics.stats_utils import get_stats_factory
from pipeline.errors import DataError

def pretend(name, run, **options):
    if broken:
        raise DataError("no readings")
    scored = [{"target_day": "2026-03-30", "role": "champion", "sites": 2, "wape": 0.25, "anomalies": 0}]
    return {"rows": 288, "degraded": 1, "sites": 2, "versions": ["7"], "scored": scored if name == "monitor" else []}

stats.initialize(factory=get_stats_factory(), export_legacy_names=False)  # as a task's own process does
pipeline.scheduling.tasks.run_step = pretend
dags = DagBag(sys.argv[1]).dags
for name, broken in (("monitor_forecasts", False), ("retain_days", True)):
    dags[name].deadline = None
    for task in dags[name].tasks:
        task.retries = 0  # a second try would tell the same, after its delay
    dags[name].test()
from opentelemetry import trace
print("PROBE" + str(trace.get_tracer_provider().force_flush()).lower())
"""


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory):
    """What the collector was told of a run that ended well and of one that failed."""
    with telemetry_collector() as collector:
        found_by(PROBE, tmp_path_factory.mktemp("airflow"), **collector.environment)
    return collector


def test_a_step_is_a_span_that_says_what_it_left(collector: Collector):
    span = collector.spans["dayahead.monitor"]

    assert {"step": "monitor", "rows": 288, "sites": 2, "degraded": 1}.items() <= span.items()
    assert len(span["target_day"]) == len("2026-03-31")


def test_gauges_tell_rows_seconds_degraded_sites_and_the_error_of_the_last_scored_day(collector: Collector):
    of_step = (("step", "monitor"),)

    assert collector.gauges["airflow.dayahead.rows", of_step] == 288
    assert collector.gauges["airflow.dayahead.degraded", of_step] == 1
    assert collector.gauges["airflow.dayahead.wape", (("role", "champion"),)] == 0.25
    assert collector.gauges["airflow.dayahead.seconds", of_step] > 0


def test_a_step_that_fails_has_its_span_and_seconds_and_no_rows(collector: Collector):
    assert "rows" not in collector.spans["dayahead.retain"]
    assert {name for name, tags in collector.gauges if ("step", "retain") in tags} == {"airflow.dayahead.seconds"}


def test_grafana_asks_for_gauges_that_are_sent_by_the_names_that_prometheus_gives_them(collector: Collector):
    sent: dict[str, set[str]] = {}
    for name, tags in collector.gauges:  # Prometheus: dots become underscores, and a unit would be added
        assert collector.units[name] == ""
        sent.setdefault(name.replace(".", "_"), set()).update(tag for tag, _ in tags)
    panels = json.loads((PROJECT / "docker" / "grafana" / "telemetry.json").read_text())["panels"]

    for target in (target for panel in panels for target in panel["targets"]):
        metric = re.search(r"airflow_\w+", target["expr"])[0]
        labels = re.findall(r"by \((\w+)\)|\{(\w+)=", target["expr"]) + re.findall(r"{{(\w+)()}}", target["legendFormat"])

        assert metric in sent
        assert {one or other for one, other in labels} <= sent[metric]
