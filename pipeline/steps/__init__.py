"""The journey's steps: one file, one task, one command each; same name."""
