"""What is switched off in an emergency: a model, a category of images, or all drawing.

Keeps the switches and says what they are; what follows from one is the word of whoever draws, judges or shows.
"""
