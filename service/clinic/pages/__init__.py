"""Serve the clinic's directory and its health, and read what an address asks for."""
