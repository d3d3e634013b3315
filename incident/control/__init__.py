"""Show a replay while it runs, in a browser and in a terminal, and take what is asked of it."""
