"""Show an exercise in a browser: the situation, the hints, the form of an answer, and its grade."""
