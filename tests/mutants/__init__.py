"""Does a test miss it when a rule of the protocol is gone?

A *mutant* is the connector without one rule: one piece of its source replaced in a copy. The project's own tests run
against the copy, and one of them must fail. A mutant that survives shows a test that is not there.

    python -m tests.mutants [--only NAME] [--workers 2] [--json]
"""
