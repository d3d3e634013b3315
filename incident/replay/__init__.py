"""Replay the incident: load, measure before and after the fix, judge and report."""
