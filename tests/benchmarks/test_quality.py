from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.quality import write_beside


def test_models_of_an_earlier_call_stay_beside_those_of_a_later_one(tmp_path: Path):
    file, data = tmp_path / "esnet.json", {"seeds": 1, "test_days": 28}
    write_beside(file, {"data": data, "models": {"nhits": {"wql": 0.2}, "mstl": {"wql": 0.4}}})

    write_beside(file, {"data": data, "models": {"mstl": {"wql": 0.3}}})

    assert json.loads(file.read_text()) == {"data": data, "models": {"nhits": {"wql": 0.2}, "mstl": {"wql": 0.3}}}


def test_models_of_other_days_are_never_put_into_the_same_file(tmp_path: Path):
    file = tmp_path / "esnet.json"
    write_beside(file, {"data": {"test_days": 28}, "models": {"nhits": {"wql": 0.2}}})
    before = file.read_text()

    with pytest.raises(SystemExit, match="choose another folder"):
        write_beside(file, {"data": {"test_days": 14}, "models": {"mstl": {"wql": 0.3}}})

    assert file.read_text() == before
