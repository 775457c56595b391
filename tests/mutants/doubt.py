"""Rules for an attempt in doubt: what the message list proves, when it is parked, when it may be sent again."""

from tests.mutants.mutation import Mutant

PROOFS = ("core/test_proofs.py", "test_doubts.py")
DOUBT = ("core/test_resend.py", "core/test_turns.py", "test_doubts.py", "test_sender.py")
LIST, RESEND = "core/proofs.py", "core/resend.py"

DOUBT_MUTANTS = (
    Mutant(
        "as-many-rows-as-candidates",
        "with fewer rows than candidates nobody can tell whose a row is",
        LIST,
        "core/proofs.py",
        "    if len(alike) != len(group):\n",
        "    if len(alike) < len(group):\n"
        '        return Proved(alike[0].message_handle or "")\n'
        "    if len(alike) > len(group):\n",
        PROOFS,
    ),
    Mutant(
        "a-strangers-row-is-ambiguous",
        "with more rows than candidates somebody else sent the same text",
        LIST,
        "core/proofs.py",
        "    if len(alike) != len(group):\n",
        '    if len(alike) > len(group) == 1:\n        return Proved(alike[-1].message_handle or "")\n'
        "    if len(alike) != len(group):\n",
        PROOFS,
    ),
    Mutant(
        "a-handle-proves-one-attempt",
        "a row whose handle the ledger knows for another attempt is left out",
        LIST,
        "core/proofs.py",
        "if row.message_handle not in claimed and _in_span(row, group, listing)]",
        "if _in_span(row, group, listing)]",
        PROOFS,
    ),
    Mutant(
        "handles-of-the-contact-are-kept",
        "the handles of a contact in doubt are known as long as it is",
        LIST,
        "core/views.py",
        "        self._claims.began(r.contact)\n",
        "",
        ("core/test_claims.py", "core/test_counterexamples_views.py", *PROOFS),
    ),
    Mutant(
        "an-incomplete-list-proves-nothing",
        "rows that were not read may be the others that look like ours",
        LIST,
        "core/proofs.py",
        '    if not listing.complete:\n        return Ambiguous("MORE_ROWS")\n',
        "",
        PROOFS,
    ),
    Mutant(
        "judged-on-a-ledger-read-up",
        "a look is judged when the ledger is read up to its end as of then: a stale fold knows too few candidates",
        LIST,
        "roles/list_proofs.py",
        "if listing is None or not await self._caught_up() or views",
        "if listing is None or views",
        PROOFS,
    ),
    Mutant(
        "a-refused-row-proves-nothing",
        "the row of a text that Sendblue refused is no proof that ours was sent",
        LIST,
        "core/proofs.py",
        '    if any(was_refused(row) for row in alike):\n        return Ambiguous("REFUSED_ROW")\n',
        "",
        PROOFS,
    ),
    Mutant(
        "an-unexplained-row-takes-absence-back",
        "beside a row that may be ours nothing is proved absent",
        RESEND,
        "core/proofs.py",
        "        unexplained = any(_may_be_ours(row, text) for row in rows)\n",
        "        unexplained = False\n",
        PROOFS,
    ),
    Mutant(
        "park-after-a-minute-at-least",
        "an attempt is not parked before a minute of our own clock, or of the ledger's: it may still be live",
        "counter-example 24",
        "core/not_free.py",
        "    return read_s < NEW_HOLDER_S or max(read_s, aged_s) < PARK_AFTER_MIN_S\n",
        "    return read_s < NEW_HOLDER_S\n",
        DOUBT,
    ),
    Mutant(
        "resend-after-q",
        "absence proves nothing while the effect of the POST may still come",
        RESEND,
        "core/resend.py",
        "    old_enough = mono - read_at >= Q_S and now_ms - granted_ms >= Q_S * 1000\n",
        "    old_enough = True\n",
        DOUBT,
    ),
    Mutant(
        "resend-after-two-looks",
        "one look that shows nothing is none: the list lags behind",
        RESEND,
        "core/resend.py",
        "    return old_enough and absence.last - absence.first >= BETWEEN_LOOKS_S",
        "    return old_enough",
        DOUBT,
    ),
    Mutant(
        "resend-when-something-newer-is-visible",
        "a look that shows nothing newer says nothing of absence",
        RESEND,
        "core/resend.py",
        "        if not newer_visible:\n            return self\n",
        "",
        DOUBT,
    ),
    Mutant(
        "resend-is-off",
        "nothing is sent again where the policy is to park or to drop",
        RESEND,
        "core/not_free.py",
        "    resend = in_doubt_policy(held, policy) is OnInDoubt.RESEND\n",
        "    resend = True\n",
        DOUBT,
    ),
)
