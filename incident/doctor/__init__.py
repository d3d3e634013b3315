"""Examine a running stack part by part, from a page to its trace and its figures."""
