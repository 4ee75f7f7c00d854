"""One module a page: which components stand on it and what they call."""
