"""What people hand in as files: readings and sites."""
