"""Start single parts on free ports: a clinic, a tracestore, a Jaeger, a PostgreSQL."""
