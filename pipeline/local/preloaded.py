"""Airflow's command with the libraries of the steps in memory: tasks are forked from it, and import none of them again.

Only what is installed, none of our own code: that a task reads anew, as it reads its DAG file.
"""

from __future__ import annotations

from importlib import import_module

LIBRARIES = ("pandas", "pyarrow.parquet", "scipy.stats", "torch", "lightgbm", "mlflow", "great_expectations")


def main() -> None:
    """Load the libraries, then do what Airflow's command does with the arguments."""
    for name in LIBRARIES:
        import_module(name)
    from airflow.__main__ import main as airflow

    airflow()


if __name__ == "__main__":
    main()
