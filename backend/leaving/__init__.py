"""What happens to everything that one person has: taken along, handed on, erased, or grown too old to keep."""
