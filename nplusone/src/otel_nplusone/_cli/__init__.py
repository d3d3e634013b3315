"""Read the command line, and call what it asks for."""
