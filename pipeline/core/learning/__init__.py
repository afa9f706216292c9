"""What a forecast learns every day between trainings: shares of experts, their levels and the widths of intervals."""
