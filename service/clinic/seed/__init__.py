"""Datasets: what they contain (datasets), how they are made (generate) and stored (load)."""
