"""Ask running parts: the clinic, a trace backend, or anything that answers with JSON."""
