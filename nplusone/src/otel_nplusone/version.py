"""Name the version, here alone: to ask the installed package takes longer than to start."""

__version__ = "0.2.0"
