"""Settings of the property tests: how long an example takes is the machine's affair."""

from hypothesis import settings

settings.register_profile("nplusone", deadline=None)
settings.load_profile("nplusone")
