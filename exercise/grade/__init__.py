"""Judge an answer: what it names, and what its repair does under load."""
