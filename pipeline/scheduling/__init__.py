"""What the DAG files share: a step as a task, the question to a person, the training that decay asks for."""
