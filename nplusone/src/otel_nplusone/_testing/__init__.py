"""Hold the statements of a test where they are."""
