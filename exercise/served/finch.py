"""Serve the Success Stories as they are after the first repair: by the strategy in force."""
