"""Take spans and metrics in: OTLP over HTTP and gRPC, and files."""
