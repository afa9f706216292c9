"""Losses, the one training loop, calibration."""
