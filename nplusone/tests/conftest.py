"""Set up the property tests: how long an example takes depends on the machine."""

from hypothesis import settings

settings.register_profile("nplusone", deadline=None)
settings.load_profile("nplusone")
