"""What the command line ends with."""

CLEAN, FINDINGS, BAD_INPUT = 0, 1, 2
