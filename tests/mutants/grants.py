"""Rules for the holder of a grant: the lease, the pace of its line, the last look."""

from tests.mutants.mutation import Mutant

VIEWS = ("core/test_counterexamples_views.py", "core/test_views_truncation.py", "core/test_turns.py")
PACE = ("core/test_pacing.py", *VIEWS)
SENDER = ("test_sender_order.py", "test_sender.py", "test_sender_grants.py", "test_counterexamples_sender.py")
GRANTS, LAST = "core/views.py, grants by line", "core/last_look.py"

GRANT_MUTANTS = (
    Mutant(
        "fold-again-before-the-write",
        "a grant that is no longer open is not written",
        f"{LAST}; counter-example 4",
        "core/last_look.py",
        "    if not grant.still_open:\n        return Overtaken()\n",
        "",
        (*VIEWS, *SENDER),
    ),
    Mutant(
        "lease",
        "a grant is written within five seconds, or given back",
        LAST,
        "roles/line_worker.py",
        "        lease_end = clocks.mono() + self.around.policy.lease_s\n",
        '        lease_end = float("inf")\n',
        SENDER,
    ),
    Mutant(
        "lease-from-before-the-append",
        "the lease begins before the append, not when the INTENT is read back",
        "the counter-examples",
        "roles/line_worker.py",
        "                return await self._granted(intent, lease_end)",
        "                return await self._granted(intent, self.around.clocks.mono() + self.around.policy.lease_s)",
        SENDER,
    ),
    Mutant(
        "ownership-before-the-write",
        "a grant of a partition that was taken away is not written",
        LAST,
        "core/last_look.py",
        "    if not grant.owned or grant.mono",
        "    if grant.mono",
        (*VIEWS, *SENDER),
    ),
    Mutant(
        "write-by-at-the-socket",
        "a connection that is ready after the lease is not written to",
        "sendblue/gate.py",
        "sendblue/gate.py",
        "        if wait_s is None:\n"
        '            raise TooLate("the connection was ready too late")\n'
        "        return wait_s\n",
        "        return wait_s or 0.0\n",
        ("sendblue/test_cut_requests.py",),
    ),
    Mutant(
        "own-gap",
        "no two own writes on a line are closer than its gap, through rebalances too",
        f"{GRANTS}; counter-example 17",
        "core/pacing.py",
        "for start in (own_last_write, foreign.last_close)",
        "for start in (foreign.last_close,)",
        PACE,
    ),
    Mutant(
        "no-intent-before-its-pace",
        "nothing is proposed that the pace would make late: the ledger would fill with attempts",
        GRANTS,
        "core/pacing.py",
        "    return write_at - lease_s / 2\n",
        "    return NEVER\n",
        SENDER,
    ),
    Mutant(
        "foreign-open-grants",
        "an open grant of another owner may be written until its lease is over: lease and gap are waited for",
        f"{GRANTS}; counter-example 18",
        "core/pacing.py",
        "    starts = list(foreign.open_until)\n",
        "    starts: list[float] = []\n",
        PACE,
    ),
    Mutant(
        "the-lease-of-the-intent",
        "how long an open grant may be written its own INTENT says, not the reader's settings",
        GRANTS,
        "core/views.py",
        "            lease_s = r.lease_ms / 1000 or LONGEST_LEASE_S\n",
        "            lease_s = 5.0\n",
        VIEWS,
    ),
    Mutant(
        "pace-at-the-socket",
        "a line's pace is taken in the moment of the write, not when a connection is asked for",
        GRANTS,
        "roles/line_worker.py",
        "        grant = grant_of(self.lane, self.held, intent, lease_end, self.lane.writes.made)\n",
        "        grant = grant_of(self.lane, self.held, intent, lease_end, None)\n",
        SENDER,
    ),
    Mutant(
        "foreign-closed-grants",
        "after a grant of another owner has closed the gap is waited for",
        f"{GRANTS}; counter-example 17",
        "core/pacing.py",
        "for start in (own_last_write, foreign.last_close)",
        "for start in (own_last_write,)",
        PACE,
    ),
    Mutant(
        "a-refusal-was-written",
        "UNSENT after a 429 was written all the same, so it counts for the pace",
        f"{GRANTS}; counter-example 36",
        "core/outcome_table.py",
        'NEVER_WROTE = frozenset({"LATE",',
        'NEVER_WROTE = frozenset({"RATE_LIMITED", "HTTP_429", "429", "LATE",',
        VIEWS,
    ),
    Mutant(
        "attempts-are-new",
        "every append has an attempt of its own, never one used before",
        "counter-example 7",
        "roles/line_worker.py",
        "            attempt=self.around.ids.attempt(),\n",
        '            attempt=self.request_id.encode().hex().ljust(16, "0")[:16],\n',
        SENDER,
    ),
)
