"""Show the Success Stories: choose a strategy, read the cats with it, fill the page."""
