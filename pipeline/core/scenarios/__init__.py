"""Whole days: paths that keep each step's quantiles and move together as past days' errors did, and what is planned by them."""
