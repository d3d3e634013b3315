"""Serve the pages of the cat owners from the database that the last migration has left."""
