"""Say from traces alone what the repair of an N+1 would bring."""
