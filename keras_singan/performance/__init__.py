"""How long a training takes, how much memory, how fast this machine is."""
