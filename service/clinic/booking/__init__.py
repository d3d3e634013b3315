"""Schedule appointments and cancel them: the rules, and the pages of an owner."""
