"""What Airflow loads of the pages, in every one of its processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pipeline.web

FOLDER = Path(pipeline.web.__file__).parent
LOADED_BY_AIRFLOW = """
import sys
from airflow.plugins_manager import _get_plugins
plugins, errors = _get_plugins()
mine = next(plugin for plugin in plugins if plugin.name == "dayahead")
assert not errors, errors
taken = "pipeline" in sys.modules["site"].__file__  # site.py of ours, in the place of the standard library's
print(mine.external_views[0]["href"], "pipeline.web.app" in sys.modules, taken)
"""


def test_only_the_api_server_loads_the_pages_and_no_file_of_ours_takes_the_place_of_another(tmp_path):
    own = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__PLUGINS_FOLDER": str(FOLDER), "AIRFLOW__CORE__LAZY_DISCOVER_PROVIDERS": "True"}
    environment = os.environ | own | {"AIRFLOW__API__BASE_URL": "https://example.test/airflow", "PYTHONPATH": str(FOLDER.parents[1])}

    done = subprocess.run([sys.executable, "-c", LOADED_BY_AIRFLOW], env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "/airflow/dayahead/forecasts False False"
