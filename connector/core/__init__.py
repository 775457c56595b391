"""Every rule of the connector, as pure functions and values: no clock, no I/O, no randomness."""
