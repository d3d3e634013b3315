"""Run the compose stack as a project of its own, and ask what it holds and uses."""
