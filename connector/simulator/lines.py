"""What the account says of its lines and contacts: state, usage, who is known, who opted out, who is typing."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.simulator.account import Account
from connector.simulator.answers import answer, body_as, error
from connector.simulator.bodies import E164
from connector.simulator.limits import LOOKBACK_DAYS
from connector.simulator.texts import service_of, stamp


class OptOut(msgspec.Struct):
    """The body of opt-out."""

    number: str
    opted_out: bool = True


class Typing(msgspec.Struct):
    """The body of a typing indicator."""

    number: str
    from_number: str
    state: str = "start"
    max_duration_ms: int = 60_000


class Lines:
    """The endpoints about lines and contacts."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def numbers(self, _: Request) -> Response:
        """``GET /api/lines``."""
        return answer(200, {"numbers": list(self._account.settings.lines)})

    async def state(self, _: Request) -> Response:
        """``GET /api/v2/lines/state``."""
        rows = [self._state_of(line) for line in self._account.settings.lines]
        return answer(200, {"status": "OK", "snapshot_at": stamp(self._account.now()), "data": rows})

    def _state_of(self, line: str) -> dict[str, str | None]:
        known = self._account.line_states.get(line, {"status": "ONLINE", "since": None})
        since = stamp(known["since"]) if known["since"] else None
        return {
            "sendblue_number": line,
            "worker_id": f"worker-{line[-4:]}",
            "status": known["status"],
            "assignment": "assigned",
            "degraded_since": since if known["status"] == "DEGRADED" else None,
            "effective_until": None,
            "status_changed_at": since,
        }

    async def usage(self, _: Request) -> Response:
        """``GET /api/v2/lines/usage``: nothing while new contacts are not limited."""
        account, on = self._account, self._account.settings.limits_new_contacts
        lines = [account.limits.usage(line, account.now()) for line in account.settings.lines] if on else []
        return answer(200, {"status": "OK", "enabled": on, "lines": lines})

    async def contact_status(self, request: Request) -> Response:
        """``GET /api/v2/lines/contact-status``: takes these two parameters and no other."""
        values, account = request.query_params, self._account
        number, line = values.get("number", ""), values.get("sendblue_number", "")
        if set(values) != {"number", "sendblue_number"} or not E164.fullmatch(number):
            return error(400, "number and sendblue_number are required, and nothing else")
        if line not in account.settings.lines:
            return error(400, "The sendblue_number is not registered")
        known = account.limits.knows(line, number, account.now())
        on = account.settings.limits_new_contacts
        row = {
            "number": number,
            "sendblue_number": line,
            "sampled_at": stamp(account.now()),
            "classification": ("known" if known else "new") if on else "not_applicable",
            "known_contact": known if on else None,
            "new_contact_lookback_days": LOOKBACK_DAYS if on else None,
        }
        return answer(200, {"status": "OK", **row})

    async def service(self, request: Request) -> Response:
        """``GET /api/evaluate-service``: says iMessage or SMS, nothing else."""
        number = request.query_params.get("number", "")
        if not E164.fullmatch(number):
            return error(400, "number must be in E.164 format")
        if self._account.faults.no_service:
            return error(503, "The service could not be determined, try again")
        return answer(200, {"number": number, "service": "SMS" if service_of(number) == "SMS" else "iMessage"})

    async def opt_out(self, request: Request) -> Response:
        """``POST /api/v2/contacts/opt-out``: out, or in again."""
        body = await body_as(request, OptOut)
        if not E164.fullmatch(body.number):
            return error(400, "number must be in E.164 format")
        change = self._account.opted_out.add if body.opted_out else self._account.opted_out.discard
        change(body.number)
        return answer(200, {"status": "OK", "number": body.number, "opted_out": body.opted_out})

    async def typing(self, request: Request) -> Response:
        """``POST /api/send-typing-indicator``: only where there is a conversation."""
        body = await body_as(request, Typing)
        if not self._account.limits.talked(body.from_number, body.number):
            return answer(400, {"status": "ERROR", "number": body.number, "error_message": "No route mapping found"})
        return answer(200, {"status": "SENT", "number": body.number, "error_message": None})
