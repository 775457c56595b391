"""The OpenAPI document against the program: Schemathesis makes the requests, valid and not, and judges the answers."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fuzz.desk import Desk

schemathesis: Any = pytest.importorskip("schemathesis", reason="`make fuzz` installs what these tests need")

from hypothesis import HealthCheck, settings  # noqa: E402 - after what may be missing
from starlette.testclient import TestClient  # noqa: E402

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
EXAMPLES = 300
