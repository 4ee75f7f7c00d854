"""What a picture says about how it was drawn, in anybody's dialect, as settings that can be had here. Keeps nothing."""
