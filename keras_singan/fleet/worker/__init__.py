"""What happens on the machine that trains a photo."""
