"""Keep the solutions: a learner who reads on has no exercise left."""
