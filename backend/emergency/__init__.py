"""What is done at once: stop a model, a category or all drawing, and take images down everywhere."""
