"""From readings in UTC to a grid of wall-clock days, and back."""
