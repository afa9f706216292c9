"""A manager of rights under which a person may see one DAG: the one that ships with Airflow knows roles alone."""

from __future__ import annotations

import os

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager


class OneDag(SimpleAuthManager):
    """Everybody may see the DAG that ``MAY_SEE`` names."""

    def is_authorized_dag(self, *, method, user, access_entity=None, details=None) -> bool:
        return method == "GET" and details is not None and details.id == os.environ["MAY_SEE"]
