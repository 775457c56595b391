"""What all tests share."""

from hypothesis import HealthCheck, settings

# A deadline, or a bound on how long inputs take, would be an assertion on wall-clock time, and machines are shared.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
