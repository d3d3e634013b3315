"""Say which version this is: here once, as asking the installed package takes a third of a start."""

__version__ = "0.1.0"
