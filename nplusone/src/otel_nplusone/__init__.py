"""Finds N+1 queries in OpenTelemetry traces."""
