"""Alerts: who is told what, and when. Airflow calls ``notifier.Tell``; nothing here can fail a run."""
