"""MLflow: runs, the registry, and what is kept with a version."""
