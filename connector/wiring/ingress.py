"""How the ingress is put together: callbacks and account webhooks on one port, with one memory of what was told."""

from collections.abc import Callable
from typing import Protocol

import structlog
from starlette.types import ASGIApp

from connector.core.events import ContentPolicy
from connector.core.facts import Observer
from connector.core.recent_claims import RecentClaims
from connector.core.tokens import Ring
from connector.kafka.topics import TopicNames
from connector.roles.account_webhooks import AccountWebhooks, Listeners
from connector.roles.ends import PublishFailed
from connector.roles.ingress import Ingress
from connector.roles.opt_outs import OptOuts
from connector.roles.replica import Replica
from connector.roles.status_reports import StatusReports
from connector.sendblue.reading import json_value
from connector.settings import Settings
from connector.system import System
from connector.web.callbacks import callbacks_app
from connector.web.traffic import Traffic, watched
from connector.web.webhooks import webhooks_route
from connector.wiring.account_topics import AccountTopics
from connector.wiring.installation import aliases_of
from connector.wiring.outbound import LedgerTopic, OutTopics
from connector.wiring.webhook_secrets import SecretsNow

CLOSED = "webhooks.secrets is empty: every account webhook is answered 401, and no reply is heard"


class Shared(Protocol):
    """What the ingress takes of the process's parts."""

    settings: Settings
    names: TopicNames
    replica: Replica
    log: LedgerTopic
    out: OutTopics
    hash_key: bytes
    observe: Observer
    system: System
    callbacks: Traffic
    listeners: Listeners
    opt_outs: OptOuts
    noted: list[Callable[[], list[str]]]

    def ring(self) -> Callable[[], Ring]:
        """The keys of the callback URLs, as they are when asked."""

    def told_callback(self, kind: str, status: int, seconds: float) -> None:
        """Hears of each answer."""


def ingress_app(parts: Shared) -> ASGIApp:
    """The application. Raises ValueError for keys or secrets that cannot be read or used."""
    reports = StatusReports(parts.out)
    hooks = account_webhooks(parts, reports)
    ingress = Ingress(
        parts.ring(),
        parts.replica,
        parts.log,
        parts.out,
        json_value,
        parts.system.now_ms,
        parts.observe,
        (PublishFailed,),
        reports=reports,
        opt_outs=parts.opt_outs.told,
    )
    app = callbacks_app(ingress.accept, more=[webhooks_route(hooks.accept)])
    return watched(app, parts.callbacks, parts.told_callback)


def account_webhooks(parts: Shared, reports: StatusReports) -> AccountWebhooks:
    """The role; the log says so where it is closed to everybody. Raises ValueError as ``ingress_app``."""
    settings, secrets, claims = parts.settings, SecretsNow(parts.settings, parts.system.mono), RecentClaims()
    if not secrets():
        structlog.stdlib.get_logger("connector").info("webhooks.closed", reason=CLOSED)
    parts.noted.append(secrets.notes)
    parts.replica.on_record(claims.note)
    content = ContentPolicy(settings.webhooks.content or settings.content)
    return AccountWebhooks(
        secrets,
        AccountTopics(parts.out, parts.names, content, parts.hash_key),
        reports,
        claims,
        aliases_of(settings),
        parts.listeners,
        json_value,
        parts.system.now_ms,
        parts.observe,
    )
