"""Samples of what a piece of work asks of the machine."""

import time

from pipeline.adapters.mlflow import system_metrics
from pipeline.adapters.mlflow.system_metrics import sampled


def test_samples_cover_the_work_and_end_with_it():
    with sampled(every_seconds=0.05) as samples:
        time.sleep(0.4)
    taken = len(samples)
    time.sleep(0.1)

    assert taken >= 2
    assert len(samples) == taken
    assert samples[0]["system_memory_usage_megabytes"] > 1
    assert [sample["seconds"] for sample in samples] == sorted(sample["seconds"] for sample in samples)


def test_samples_of_long_work_stay_few(monkeypatch):
    monkeypatch.setattr(system_metrics, "MOST_SAMPLES", 4)

    with sampled(every_seconds=0.005) as samples:
        time.sleep(0.5)

    assert len(samples) <= 5
