"""What ``python -m pipeline`` offers, one file per topic."""
