"""Deterministic simulation: the connector's real roles, several processes of them, over a simulated Kafka and Sendblue.

A seed decides everything: what upstream asks for, what breaks, when, and in which order things happen. The same seed
is the same history. ``python -m tests.simulation.run`` runs many; ``world`` says what one is made of.
"""
