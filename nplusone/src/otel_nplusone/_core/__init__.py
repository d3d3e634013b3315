"""Decide what is an N+1: traces in, findings out. Pure: no file, no clock, no SDK."""
