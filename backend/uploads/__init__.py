"""Pictures that people bring: received, decoded where it can do no harm, and kept as nothing but pixels."""
