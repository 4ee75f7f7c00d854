"""Textual inversions: words of prompts that stand for learned vectors. Read and refused, and put in place."""
