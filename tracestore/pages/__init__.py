"""Answer browsers: the list of traces, one trace, two compared."""
