"""Serve the clinic as JSON under /api, with an OpenAPI document of it."""
