"""Rules for what comes in and what goes out: tokens, callbacks, ids of events, logs."""

from tests.mutants.mutation import Mutant

INGRESS = ("test_ingress.py", "test_ingress_order.py")
TOKENS = ("core/test_tokens.py", *INGRESS)
P6, P7 = "docs/reliability.md, invariant 11", "docs/reliability.md, invariant 12"

CALLBACK_MUTANTS = (
    Mutant(
        "event-id-of-a-duplicate",
        "two duplicates of one record that tell of different ends are two events",
        "core/events.py",
        "core/events.py",
        ', code, duplicate_of, first_handle or ""),\n',
        "),\n",
        ("core/test_events.py",),
    ),
    Mutant(
        "event-id-has-the-origin",
        "two duplicates of one id from two origins are two events",
        "counter-example 26",
        "core/events.py",
        'event_id=event_hash(type_, str(origin), attempt or "", *told)',
        'event_id=event_hash(type_, request_id or "", attempt or "", *told)',
        ("core/test_events.py", "core/test_counterexamples_fold.py"),
    ),
    Mutant(
        "status-id-has-the-date",
        "the same status at another time is another event",
        "core/events.py",
        "core/events.py",
        'return event_hash("status", about, report.status, report.error_code or "", updated)',
        'return event_hash("status", about, report.status, report.error_code or "")',
        ("core/test_events.py",),
    ),
    Mutant(
        "tokens-are-signed",
        "a callback whose token nobody signed is refused",
        P7,
        "core/tokens.py",
        "    genuine = hmac.compare_digest(_encode(_mac(key or _NO_KEY, key_id, payload)), given)\n",
        "    genuine = bool(given)\n",
        TOKENS,
    ),
    Mutant(
        "unknown-keys-sign-nothing",
        "a key that is not in the ring signs nothing, the stand-in for it neither",
        P7,
        "core/tokens.py",
        "if genuine and key is not None else None",
        "if genuine else None",
        TOKENS,
    ),
    Mutant(
        "an-old-token-proves-nothing",
        "a callback on a token older than 72 h appends no SUBMITTED: the ledger may have forgotten the request",
        "roles/ingress.py",
        "roles/ingress.py",
        "        if not report.message_handle or is_stale(claim, now_ms):\n",
        "        if not report.message_handle:\n",
        INGRESS,
    ),
    Mutant(
        "200-when-the-event-is-durable",
        "a callback is answered 200 when its event is acknowledged",
        P6,
        "roles/status_reports.py",
        "        await self._topic.event(event)\n",
        "        import asyncio\n"
        "        asyncio.ensure_future(self._topic.event(event)).add_done_callback(lambda done: done.exception())\n",
        INGRESS,
    ),
    Mutant(
        "200-when-the-proof-is-durable",
        "a callback on an unsettled attempt is answered 200 when its SUBMITTED is acknowledged",
        P6,
        "roles/ingress.py",
        "        await self._prove(claim, report, began)\n",
        "        asyncio.ensure_future(self._prove(claim, report, began)).add_done_callback(lambda d: d.exception())\n",
        INGRESS,
    ),
    Mutant(
        "a-callback-proves-its-attempt",
        "a callback on an attempt's own URL becomes a SUBMITTED in the ledger",
        "roles/ingress.py",
        "roles/ingress.py",
        "        await self._prove(claim, report, began)\n",
        "",
        INGRESS,
    ),
    Mutant(
        "a-repeat-is-known-once-published",
        "only what was published is taken for a repeat",
        P6,
        "roles/status_reports.py",
        "        await self._topic.event(event)\n"
        "        remember(self._published, event.event_id, event.request_id is not None, REMEMBERED)\n",
        "        remember(self._published, event.event_id, event.request_id is not None, REMEMBERED)\n"
        "        await self._topic.event(event)\n",
        INGRESS,
    ),
    Mutant(
        "our-trouble-is-503",
        "what could not be made durable is asked for again",
        P6,
        "roles/ingress.py",
        '        except self._failed:\n            return self._answered(LATER, "refused", None, began)\n',
        '        except self._failed:\n            return self._answered(OK, "refused", None, began)\n',
        INGRESS,
    ),
    Mutant(
        "unreadable-bodies-are-kept",
        "the raw body of a callback that cannot be read is durable before it is answered",
        P6,
        "roles/ingress.py",
        "        await self._outlet.unreadable(body, claim.request_id, reason)\n",
        "",
        INGRESS,
    ),
    Mutant(
        "logs-are-scrubbed",
        "whatever reads like a phone number is masked in every log line",
        "docs/reliability.md, invariant 21",
        "observability/logs.py",
        '    return E164.sub("<number>", text)',
        "    return text",
        ("observability/test_logs.py",),
    ),
    Mutant(
        "logs-allow-keys",
        "a key that is not on the list never reaches a log",
        "docs/reliability.md, invariant 21",
        "observability/logs.py",
        '        if key in ALLOWED or key.startswith("_")',
        "        if True or key in ALLOWED",
        ("observability/test_logs.py",),
    ),
)
