"""Serve the Success Stories as they were launched: by the strategy in force."""
