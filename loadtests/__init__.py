"""Measures from the outside: a running studio, our servers beside the study's, the engine on a GPU."""
