"""``gru_attention``, the default: networks whose attention copies past days, and their ensemble."""
