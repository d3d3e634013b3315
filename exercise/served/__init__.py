"""Run in the clinic's process during an exercise: its pages as the learner meets them."""
