"""What the tasks share: checks of their arguments, images and masks, blending."""
