"""Images that were drawn before answer for the same settings and seed, and every finished image comes in by one door."""
