"""Keep spans and metrics in one SQLite file, and read them."""
