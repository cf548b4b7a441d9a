"""The few operations that training, the tasks and the export share."""
