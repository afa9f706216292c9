"""The original problems of the five seed systems, one file each; ``benchmarks/attention_tasks.py`` runs them all."""
