"""The process that holds the models and runs the tasks, one at a time."""
