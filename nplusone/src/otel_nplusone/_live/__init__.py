"""Watch the spans of a running program."""
