"""What notes of events and calendars are worth on real series."""
