"""Which photos a fleet trains, and what each is called."""
