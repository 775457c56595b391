"""Rules for what must be durable before what: ends, offsets, dead letters, parked records."""

from tests.mutants.mutation import Mutant

ENDS = ("test_ends.py", "test_router.py")
SENDER = ("test_sender_order.py", "test_sender.py", "test_delays.py")
PARKED = ("core/test_counterexamples_fold.py", "core/test_turns.py", "core/test_counterexamples_turns.py", *ENDS)
P2 = "docs/reliability.md, invariant 7"

DURABLE_MUTANTS = (
    Mutant(
        "end-before-offset",
        "a dispatch record is done when its end, or its next hop, is durable",
        P2,
        "roles/line_worker.py",
        "                await self._leave(step)\n                return self.lane.done(self.offset, self.held)\n",
        "                self.lane.done(self.offset, self.held)\n                return await self._leave(step)\n",
        SENDER,
    ),
    Mutant(
        "dispatch-before-offset",
        "a request is done when its dispatch record is durable",
        P2,
        "roles/router.py",
        "        await self._route(record)\n        mark.done(record.origin.offset)\n",
        "        mark.done(record.origin.offset)\n        await self._route(record)\n",
        ENDS,
    ),
    Mutant(
        "given-back-before-offset",
        "a record of a delay topic is done when it is durable at its line",
        P2,
        "roles/delayer.py",
        '        await surely(again, loudly("dispatch", self._observe))\n        shelf.mark.done(record.offset)\n',
        '        shelf.mark.done(record.offset)\n        await surely(again, loudly("dispatch", self._observe))\n',
        ("test_delayer.py",),
    ),
    Mutant(
        "published-until-acknowledged",
        "what an end owes is published until it is acknowledged",
        P2,
        "roles/ends.py",
        "            failed(tries := tries + 1)\n",
        "            return failed(tries := tries + 1)\n",
        ENDS,
    ),
    Mutant(
        "low-watermark",
        "no offset is committed past a record that has not ended",
        "docs/reliability.md, invariant 8",
        "core/offsets.py",
        "        while self._order and self._order[0] not in self._pending:\n",
        "        while self._order and (self._order[0] not in self._pending or self._order[0] < offset):\n",
        ("core/test_offsets.py",),
    ),
    Mutant(
        "revoked-turns-end",
        "a turn in work when its partition is taken away ends before the offsets are given back",
        "roles/giving_back.py",
        "roles/giving_back.py",
        "        await asyncio.wait(tasks, timeout=call_s + STOP_S)\n",
        "        await asyncio.wait(tasks, timeout=0)\n",
        SENDER,
    ),
    Mutant(
        "lost-is-not-owned",
        "nothing is written any more for a partition that was taken away",
        "core/last_look.py",
        "roles/lane.py",
        "            self.owned = False\n",
        "",
        SENDER,
    ),
    Mutant(
        "refused-by-settings-through-the-ledger",
        "what depends on settings ends through a CLOSE, so that a replay keeps the first end",
        "counter-example 11",
        "roles/router.py",
        "            return await self._close(record, request, contact, code)\n",
        "            return await self._refuse(record, code, request.request_id)\n",
        ENDS,
    ),
    Mutant(
        "the-router-ends-nothing-open",
        "a request that the ledger holds open goes on to a line, whatever the settings say",
        "roles/router.py",
        "roles/router.py",
        "        if standing is None or standing.status in LIVE:\n",
        "        if standing is None:\n",
        ENDS,
    ),
    Mutant(
        "dead-letter-before-event",
        "who reads the event of an end finds its bytes among the dead letters",
        "counter-example 8",
        "roles/ends.py",
        "        if letter is not None:\n            await self.dead_letter(letter)\n"
        "        event = self._event(held.dispatch, owe, report)\n"
        '        await self._surely("event", lambda: self._topics.event(event))\n',
        "        event = self._event(held.dispatch, owe, report)\n"
        '        await self._surely("event", lambda: self._topics.event(event))\n'
        "        if letter is not None:\n            await self.dead_letter(letter)\n",
        ENDS,
    ),
    Mutant(
        "dead-letter-before-event-of-a-refusal",
        "the same for what the bytes refuse",
        "wiring/inbound.py",
        "roles/ends.py",
        "        await self.dead_letter(DeadLetter(source, origin, code, sentence_of(code), self._stage))\n"
        "        if rejected is not None:\n"
        '            await self._surely("event", lambda: self._topics.event(rejected))\n',
        "        if rejected is not None:\n"
        '            await self._surely("event", lambda: self._topics.event(rejected))\n'
        "        await self.dead_letter(DeadLetter(source, origin, code, sentence_of(code), self._stage))\n",
        ENDS,
    ),
    Mutant(
        "parked-record-before-its-event",
        "a parked request's record is durable, or nobody would ever bring it to its end",
        "roles/ends.py",
        "roles/ends.py",
        'await self._surely("parked record", lambda: self._topics.parked(key, held, attempt))',
        "await asyncio.sleep(0)",
        ENDS,
    ),
    Mutant(
        "end-before-tombstone",
        "a parked record goes when its end is durable",
        "core/parking.py",
        "roles/reconciler.py",
        "                await self._ends.owed(held, step)\n                await self._gone(key, parked)\n",
        "                await self._gone(key, parked)\n                await self._ends.owed(held, step)\n",
        ENDS,
    ),
    Mutant(
        "back-at-its-line-before-tombstone",
        "a parked record that is sent after all goes when it is durable at its line",
        "core/parking.py",
        "roles/reconciler.py",
        "                await self._ends.dispatch(back)\n                await self._gone(key, parked)\n",
        "                await self._gone(key, parked)\n                await self._ends.dispatch(back)\n",
        ENDS,
    ),
    Mutant(
        "given-back-with-its-place",
        "who gets a request that was given back has read the ledger as far as who gave it back",
        "core/turns.py",
        "roles/reconciler.py",
        "                back = replace(held.dispatch, after_ledger=seen_to)\n",
        "                back = replace(held.dispatch, after_ledger=0)\n",
        ENDS,
    ),
    Mutant(
        "parked-key-has-the-attempt",
        "the tombstone of one parking never takes a later one away",
        "counter-example 34",
        "core/parking.py",
        'f"{origin}/{attempt}"',
        'f"{origin}"',
        PARKED,
    ),
    Mutant(
        "parked-key-has-the-origin",
        "two parked requests with one id have two records",
        "counter-example 27",
        "core/parking.py",
        'f"{origin}/{attempt}"',
        'f"{attempt}"',
        PARKED,
    ),
    Mutant(
        "parked-for-71-hours-at-most",
        "what nobody resolves is dropped an hour before the ledger forgets it",
        "counter-example 21",
        "core/parking.py",
        "    return DropNow() if log_ms - standing.changed_ms > DROP_AFTER_MS else Keep()",
        "    return Keep()",
        PARKED,
    ),
    Mutant(
        "a-lagging-reconciler-waits",
        "a fold that has not read up to the parking re-produces nothing",
        "counter-example 34",
        "core/parking.py",
        "        return Reproduce() if log_ms >= parked_ms else Keep()",
        "        return Reproduce()",
        PARKED,
    ),
    Mutant(
        "parked-behind-another-attempt",
        "open by another attempt for a minute, a parked request is re-produced: that attempt's holder may be gone",
        "counter-example 35",
        "core/parking.py",
        "        return Reproduce() if other_for_s >= OTHER_ATTEMPT_S and standing.attempt != attempt else Keep()",
        "        return Keep()",
        PARKED,
    ),
    Mutant(
        "contacts-then-how-far",
        "the contacts topic says how far it reaches only when all moves up to there are written",
        "core/views.py, contact -> line",
        "roles/reconciler.py",
        "            if reached > self._reached:\n"
        "                await self._contacts.reached(reached)\n"
        "                self._reached = reached\n"
        "        except PublishFailed:\n            return\n",
        "        except PublishFailed:\n            pass\n"
        "        if reached > self._reached:\n"
        "            await self._contacts.reached(reached)\n"
        "            self._reached = reached\n",
        ENDS,
    ),
)
