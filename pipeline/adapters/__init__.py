"""The outside world, one system per file."""
