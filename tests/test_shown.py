"""What tells one replica from another."""

from typing import Any

import pytest

from connector.demo_plan import DemoPlan
from connector.observability import catalogue
from connector.observability.metrics import Metrics
from connector.settings import Settings
from connector.wiring.assembly import ROLES
from connector.wiring.shown import settings_hash, told

PLAIN = DemoPlan().settings("x:1", "http://127.0.0.1:1", "http://127.0.0.1:2")


def changed(**parts: dict[str, Any]) -> Settings:
    """The same settings but for these of some parts."""
    update = {name: getattr(PLAIN, name).model_copy(update=values) for name, values in parts.items()}
    return PLAIN.model_copy(update=update)


def test_other_settings_have_another_hash() -> None:
    """So that a replica which was not restarted after a change is found."""
    assert settings_hash(PLAIN) != settings_hash(changed(in_doubt={"park_after_s": 3_000.0}))


@pytest.mark.parametrize(
    "secret",
    [
        {"kafka": {"client": {"sasl.password": "guess me"}}},
        {"registry": {"password": PLAIN.ledger.hash_key}},
    ],
)
def test_no_secret_can_be_guessed_from_the_hash(secret: dict[str, dict[str, Any]]) -> None:
    """Neither the masked ones nor the clients' passwords, which are plain text among their settings."""
    masked = changed(registry={"password": None if "kafka" in secret else PLAIN.sendblue.api_key_id})

    assert settings_hash(masked) == settings_hash(changed(**secret))


def test_the_info_metrics_tell_versions_and_the_hash() -> None:
    """All of it is known before the connector starts."""
    found = told(PLAIN)

    assert set(found["build"]) == {"version", "revision", "python", "librdkafka"}
    assert found["config"] == {"hash": settings_hash(PLAIN), "roles": "ingress reconciler router sender"}
    assert told(PLAIN, ["router"])["config"]["roles"] == "router"


def test_each_role_is_a_series_of_its_own() -> None:
    """From the start, so that a role that nobody has any more is missed; the catalogue knows all roles."""
    metrics = Metrics((), told(PLAIN, ["router", "sender"]))
    values = {role: metrics.registry.get_sample_value("sendblue_role", {"role": role}) for role in ROLES}

    assert set(catalogue.ROLES) == set(ROLES)
    assert values == {"router": 1.0, "sender": 1.0, "ingress": 0.0, "reconciler": 0.0}
