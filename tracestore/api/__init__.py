"""Answer programs: Jaeger's two query APIs, and addresses of our own."""
