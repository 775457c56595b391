"""The settings of account webhooks: which secrets are believed, which types are wanted."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from connector.core.account_webhooks import Kind
from connector.core.events import ContentPolicy
from connector.core.webhook_secrets import fault_of

WANTED = (Kind.RECEIVE, Kind.LINE_BLOCKED, Kind.LINE_ASSIGNED, Kind.CONTACT_CREATED)
"""Not ``outbound``: every message has a callback of its own, so both would double the traffic."""


def _fit(secret: SecretStr) -> SecretStr:
    if fault := fault_of(secret.get_secret_value()):
        raise ValueError(fault)
    return secret


class Webhooks(BaseModel):
    """What Sendblue tells the account: replies above all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secrets: dict[str, Annotated[SecretStr, AfterValidator(_fit)]] = Field(
        default_factory=dict, description="name -> shared secret; all are accepted; none: no webhook is"
    )
    secrets_dir: Path | None = Field(None, description="folder of more, read again: file name = name")
    current: str | None = Field(None, description="name of the secret that `webhooks apply` gives Sendblue")
    types: tuple[Kind, ...] = Field(WANTED, description="types that `webhooks apply` registers")
    content: str = Field(
        "",
        pattern=f"^({'|'.join(ContentPolicy)})?$",
        description="texts in inbound messages and account events: full, hash or omit; empty: as in events",
    )
