"""The alerts: a table each for the promises, for sending and for running, the objectives, and what fires each alert.

``python -m tests.ops.alerts`` writes ``helm/kafka-sendblue/rules`` from them. docs/runbooks.md has a heading for each.
"""
