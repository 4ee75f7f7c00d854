"""Credits: what generations cost, who has spent how many, and how many each may."""
