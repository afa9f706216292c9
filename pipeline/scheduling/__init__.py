"""What the DAG files share: a step as a task, the question to a person, the runs that it starts."""
