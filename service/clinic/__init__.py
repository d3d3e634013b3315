"""Run the cat clinic: a Flask application with an N+1 in it, and the telemetry to find it."""
