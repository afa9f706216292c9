"""Metrics, baselines' yardsticks, the rolling-origin backtest and its pictures."""
