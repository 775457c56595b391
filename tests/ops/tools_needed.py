"""The tools that only these tests need. ``make ops`` brings them; without them the tests say so and are left out."""

import pytest

NEEDED = "`make ops` installs what these tests need"


def need(module: str) -> None:
    """Leave the calling test module out where this one is not installed."""
    pytest.importorskip(module, reason=NEEDED)
