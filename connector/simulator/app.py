"""A local Sendblue: the endpoints the connector and the official SDK use, with the account's rules and their faults."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.simulator.account import Account, Clock, steady_clock
from connector.simulator.answers import Cut, Refusal, Silence, answer, error
from connector.simulator.connections import Delivery
from connector.simulator.control import Control
from connector.simulator.faults import Faults, Outage
from connector.simulator.lines import Lines
from connector.simulator.listing import Listing
from connector.simulator.media import upload_file, upload_object
from connector.simulator.record import Record
from connector.simulator.sending import Sending
from connector.simulator.settings import SimulatorSettings
from connector.simulator.texts import Text

__all__ = ["Simulator", "SimulatorSettings"]

Handler = Callable[[Request], Awaitable[Response]]


class Simulator:
    """One account and its application. ``post`` replaces the network for callbacks, ``clock`` the time of day."""

    def __init__(
        self,
        settings: SimulatorSettings | None = None,
        faults: Faults | None = None,
        clock: Clock | None = None,
        post: Callable[[Delivery], None] | None = None,
    ) -> None:
        self.settings, self.faults = settings or SimulatorSettings(), faults or Faults()
        self.account = Account(self.settings, self.faults, clock or steady_clock(), post)

    @property
    def record(self) -> Record:
        """What it saw."""
        return self.account.record

    @property
    def texts(self) -> dict[str, Text]:
        """Every message by its handle."""
        return self.account.archive.texts

    async def close(self) -> None:
        """Stop what is still going on."""
        self.account.close()

    def app(self) -> Starlette:
        """The ASGI application."""
        sending, listing, lines = Sending(self.account), Listing(self.account), Lines(self.account)
        hooks = self.account.webhooks
        return Starlette(
            routes=[
                self._route("POST", "/api/send-message", sending.one, sends=True),
                self._route("POST", "/api/send-group-message", sending.group, sends=True),
                self._route("GET", "/api/status", listing.status),
                self._route("GET", "/api/v2/messages", listing.page),
                self._route("GET", "/api/v2/messages/{handle}", listing.one),
                self._route("GET", "/api/lines", lines.numbers),
                self._route("GET", "/api/v2/lines/state", lines.state),
                self._route("GET", "/api/v2/lines/usage", lines.usage),
                self._route("GET", "/api/v2/lines/contact-status", lines.contact_status),
                self._route("GET", "/api/evaluate-service", lines.service),
                self._route("POST", "/api/v2/contacts/opt-out", lines.opt_out),
                self._route("POST", "/api/send-typing-indicator", lines.typing),
                self._route("POST", "/api/upload-file", upload_file),
                self._route("POST", "/api/upload-media-object", upload_object),
                self._route("GET", "/api/account/webhooks", hooks.get),
                self._route("POST", "/api/account/webhooks", hooks.add),
                self._route("PUT", "/api/account/webhooks", hooks.replace),
                self._route("DELETE", "/api/account/webhooks", hooks.remove),
                *Control(self.account).routes(),
            ],
            exception_handlers={Refusal: _refused},
        )

    def _route(self, method: str, path: str, handler: Handler, sends: bool = False) -> Route:
        async def guarded(request: Request) -> Response:
            outage = self.faults.outage
            if outage is Outage.REFUSED or not (sends or outage is Outage.NONE):
                return _out(outage)
            key, secret = (_key(request, name) for name in ("api-key-id", "api-secret-key"))
            if key is None and secret is None:
                return answer(403, {"message": "Did not get inputs for authorization"})
            if (key, secret) != (self.settings.key_id, self.settings.secret):
                return _out(Outage.REFUSED)
            return await handler(request)

        return Route(path, guarded, methods=[method])


def _key(request: Request, name: str) -> str | None:
    return request.headers.get(f"sb-{name}") or request.headers.get(f"x-sb-{name}")


def _out(outage: Outage) -> Response:
    if outage is Outage.HANG:
        return Silence()
    if outage is Outage.REFUSED:
        return error(401, "Invalid Credentials")
    return Cut() if outage is Outage.RESET else error(503, "Service Unavailable")


async def _refused(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refusal)  # noqa: S101 - registered for it alone
    return refused.response
