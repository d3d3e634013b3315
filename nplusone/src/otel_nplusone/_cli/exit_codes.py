"""Name the exit codes of the command line."""

CLEAN, FINDINGS, BAD_INPUT = 0, 1, 2
