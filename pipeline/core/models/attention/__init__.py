"""The attention mechanisms of the five systems this project grew from: scores and masks once, then one file per mechanism."""
