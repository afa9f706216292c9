"""Postgres: connections, statements, and one module per group of tables."""
