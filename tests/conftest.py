"""What all tests share."""

from hypothesis import settings

# A deadline would be an assertion on wall-clock time, and machines are shared.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
