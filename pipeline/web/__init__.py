"""Pages inside the Airflow UI, behind Airflow's login."""
