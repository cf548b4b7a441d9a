"""What surrounds every command: its streams, its warnings, how it ends."""
