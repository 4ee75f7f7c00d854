"""Images in galleries: put in, taken out, counted and shown. Knows galleries and images; they do not know it."""
