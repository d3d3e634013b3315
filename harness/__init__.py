"""Start, watch, ask and stop processes, for the replay, the tests and the bench.

Imports none of these three: whatever two of them need is here.
"""
