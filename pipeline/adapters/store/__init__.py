"""The store: snapshots of a run, results of its steps, and files of models."""
