"""The embedded stack: PostgreSQL, MLflow and Airflow on one machine, under a process manager."""
