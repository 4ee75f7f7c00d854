"""What people ask for, and how it is going: the row, the verbs, the API and its event streams."""
