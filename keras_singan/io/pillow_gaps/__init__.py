"""What Pillow does not read by itself: long profiles, deep colours, large photos."""
