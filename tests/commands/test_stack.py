"""What the commands of the stack say of a database that is not the embedded one, against a real PostgreSQL."""

import os
import subprocess
import sys

from pydantic import SecretStr

from pipeline.local.home import PROJECT
from pipeline.local.stack import own_database, status


def test_psql_opens_the_database_in_use(database):
    environment = os.environ | {"DAYAHEAD_DATABASE_URL": database.database_url.get_secret_value(), "DAYAHEAD_HOME": str(database.home)}

    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "psql"],
        cwd=PROJECT, env=environment, input="\\pset tuples_only\nselect current_database();\n", capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert database.database_url.get_secret_value().split("?")[0].rsplit("/", 1)[1] in done.stdout


def test_psql_without_a_database_names_the_way_to_one(tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DAYAHEAD_")} | {"DAYAHEAD_HOME": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "psql"], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "DAYAHEAD_DATABASE_URL is empty; run `make up`" in done.stderr


def test_status_shows_a_database_of_ones_own_beside_the_services(database):
    url = database.database_url.get_secret_value()
    away = database.model_copy(update={"database_url": SecretStr(url.replace("/test_", "/no_such_"))})

    there, missing = status(database)[-1], status(away)[-1]

    assert (there.name, there.health, there.remark) == ("database", "healthy", "yours: DAYAHEAD_DATABASE_URL")
    assert (missing.name, missing.health) == ("database", "not answering")
    assert "refuses the login" in missing.remark


def test_the_embedded_database_has_no_second_line(database):
    embedded = SecretStr(f"postgresql://dayahead:secret@127.0.0.1:{database.postgres_port}/traffic")

    assert own_database(database.model_copy(update={"database_url": embedded})) == ""
    assert own_database(database.model_copy(update={"database_url": SecretStr("")})) == ""
