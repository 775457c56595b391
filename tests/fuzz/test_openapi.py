"""The OpenAPI document against the program: Schemathesis makes requests, valid ones and others, and judges the answers.

Half of them come on an address that was issued, or with a secret of ours; the desk's own judge says whether each got
what it should.
"""

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, settings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from tests.fuzz.desk import Desk
from tests.fuzz.hook_shots import SECRETS

schemathesis: Any = pytest.importorskip("schemathesis", reason="`make fuzz` installs what this test needs")

from schemathesis.checks import CHECKS, load_all_checks  # noqa: E402 - after what may be missing

DOCUMENT = yaml.safe_load((Path(__file__).parents[2] / "docs" / "openapi.yaml").read_text())
EXAMPLES = 300
LEFT_OUT = {"negative_data_rejection", "positive_data_acceptance"}  # the token or the secret decides, never the body


async def _desk() -> Desk:
    return Desk()


async def document(_: Request) -> JSONResponse:
    return JSONResponse(DOCUMENT)


desk = asyncio.run(_desk())
app = Starlette(routes=[Route("/openapi.json", document), Mount("/", desk.app)])
schema = schemathesis.openapi.from_asgi("/openapi.json", app)
tokens = itertools.cycle([*desk.tokens, *(None for _ in desk.tokens)])
secrets = itertools.cycle([*SECRETS, *(None for _ in SECRETS)])
load_all_checks()
checks = [check for check in CHECKS.get_all() if check.__name__ not in LEFT_OUT]


@schema.parametrize()  # type: ignore[untyped-decorator]  # it is not there everywhere
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_answer_is_one_of_the_document(case: Any) -> None:
    """None of them 5xx; who has no issued address or secret is refused, who has one is taken, whatever the body is."""
    if "token" in case.path_parameters and (token := next(tokens)) is not None:
        case.path_parameters["token"] = token
    if "kind" in case.path_parameters and (secret := next(secrets)) is not None:
        case.headers["sb-signing-secret"] = secret.decode()
    case.call_and_validate(checks=checks)

    assert desk.faults == []


def test_all_kinds_were_asked() -> None:
    """Else nothing was shown."""
    assert {"forged", "genuine", "forged hook", "genuine hook"} == set(desk.judged)
