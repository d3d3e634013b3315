"""Define the datasets (datasets), make their rows (generate) and store them (load)."""
