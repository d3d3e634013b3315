"""Trace, measure and log the clinic, as OpenTelemetry's standard variables say."""
