"""What the list of tasks is made of."""
