"""Rules for the turn of a record: what comes before it is proposed, and instead of it."""

from tests.mutants.mutation import Mutant

TURNS = ("core/test_turns.py", "core/test_counterexamples_turns.py")
SENDER = ("test_sender_order.py", "test_sender.py", "test_sender_grants.py", "test_counterexamples_sender.py")

TURN_MUTANTS = (
    Mutant(
        "own-fold-first",
        "what the fold knows of a request goes before time, line and orders",
        "counter-example 12",
        "core/turns.py",
        "    if seen.standing is not None and not seen.standing.admits(held.dispatch.redrive):\n"
        "        return not_free(held, seen, seen.standing, policy)\n",
        "    if ended := _out_of_time(held, seen, policy) or _unwanted(seen):\n"
        "        return ended\n"
        "    if seen.standing is not None and not seen.standing.admits(held.dispatch.redrive):\n"
        "        return not_free(held, seen, seen.standing, policy)\n",
        TURNS,
    ),
    Mutant(
        "adopted-ledger-parks",
        "after a lost ledger, what may have been sent before is parked",
        "core/adoption.py",
        "core/turns.py",
        "    if _may_be_sent_already(held, seen):\n        return ParkUnknown()\n",
        "",
        ("test_adoption.py",),
    ),
    Mutant(
        "open-means-not-now",
        "DUPLICATE(open) is no end: the record stays until the attempt has one",
        "counter-example 5",
        "core/not_free.py",
        'return _in_doubt(held, seen, standing.attempt or "", policy) if same else for_another(seen, Wait.OPEN)',
        "return Owe(standing, EventType.DUPLICATE, False)",
        TURNS,
    ),
    Mutant(
        "a-replay-owes-its-end-again",
        "a record that finds its request settled publishes that end again",
        "counter-example 8",
        "roles/line_worker.py",
        "                await self.around.outlets.owed(self._traced(), step, report)\n",
        "                if self.around.clocks.now_ms() - standing.changed_ms < 1_000:\n"
        "                    await self.around.outlets.owed(self._traced(), step, report)\n",
        SENDER,
    ),
    Mutant(
        "another-origin-is-a-duplicate",
        "a record of another origin gets a DUPLICATE event, never that end as its own",
        "counter-example 26",
        "core/not_free.py",
        "    if not same_origin:\n        return EventType.DUPLICATE\n",
        "",
        TURNS,
    ),
    Mutant(
        "given-back-waits-for-the-fold",
        "a fold that is older than a request given back does not judge it",
        "core/turns.py",
        "core/turns.py",
        "    return seen.next_offset < dispatch.after_ledger and not lost\n",
        "    return False\n",
        TURNS,
    ),
    Mutant(
        "order-of-a-contact",
        "of the records of one contact only the first is proposed",
        "core/window.py",
        "core/turns.py",
        "    if not seen.first_of_contact:\n        return _behind(seen)\n",
        "",
        TURNS,
    ),
    Mutant(
        "a-wait-takes-a-hop",
        "a wait of more than a minute for somebody else's end leaves the window, or a full one stands for ever",
        "counter-example 22",
        "core/not_free.py",
        "    if seen.waited_s >= IN_WINDOW_S:\n        return Defer(Delay.MINUTE, reason)\n",
        "",
        TURNS,
    ),
    Mutant(
        "expired-is-not-sent",
        "what has expired ends, and is not sent",
        "docs/reliability.md, invariant 10",
        "core/turns.py",
        "    if seen.now_ms >= expires_ms(dispatch, policy.default_ttl_ms):\n"
        "        return too_late(OUT_OF_TIME.code, seen.was_in_doubt)\n",
        "",
        TURNS,
    ),
)
