"""Tests with the tools of operations: Prometheus's own checker, a browser. ``make ops`` runs them."""
