"""Forecasters that the default is held against: naive rules, LightGBM, statistical and neural ones."""
