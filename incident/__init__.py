"""Replay the incident: start the clinic, its trace backend and its visitors, and measure.

Nothing of the clinic, of tracestore or of Locust is imported here: they are started as
processes and spoken to over HTTP, as they would be anywhere else.
"""
