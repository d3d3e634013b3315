"""Start the stack's parts, or find those of a compose stack that runs, and switch the flag."""
