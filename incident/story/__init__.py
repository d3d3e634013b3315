"""Keep what a replay has seen: a journal of events, and the story that they add up to."""
