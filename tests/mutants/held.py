"""Rules of pauses and fuses: what is held is neither proposed nor written, and goes on when it may."""

from tests.mutants.mutation import Mutant

PAUSES = ("core/test_holds.py", "test_pauses.py")

HELD_MUTANTS = (
    Mutant(
        "paused-before-the-intent",
        "while its line is paused nothing is proposed",
        "core/pauses.py",
        "core/holds.py",
        "        if self.paused_until > ready_at:\n            return Wait.PAUSED, self.paused_until\n",
        "",
        PAUSES,
    ),
    Mutant(
        "held-alone-before-the-intent",
        "what its tag's pause or a fuse holds is not proposed",
        "core/holds.py",
        "core/turns.py",
        "    if until > seen.mono:\n        return _makes_way(held, seen, policy, reason, until)\n",
        "",
        PAUSES,
    ),
    Mutant(
        "paused-before-the-write",
        "a pause that comes between grant and write is obeyed",
        "core/last_look.py",
        "core/last_look.py",
        '    if grant.paused:\n        return GiveUp("PAUSED")\n',
        "",
        PAUSES,
    ),
    Mutant(
        "a-resume-is-heard",
        "what waits for a pause looks again when somebody resumes",
        "core/pauses.py",
        "wiring/obeying.py",
        "            observe(pause_ordered(order))\n            stir()\n",
        "            observe(pause_ordered(order))\n",
        ("test_pauses_cli.py",),
    ),
    Mutant(
        "fuses-count-the-ledger",
        "a contact's texts are counted from the ledger, whoever was granted them",
        "core/fuses.py",
        "roles/replica.py",
        "            self.fuses.granted(record.contact, append_ms, record.attempt)\n",
        "            if record.owner == self.owner:\n"
        "                self.fuses.granted(record.contact, append_ms, record.attempt)\n",
        ("test_fuses.py",),
    ),
    Mutant(
        "a-fuse-before-the-write",
        "of two that were granted the last place of a contact the later is given back",
        "core/fuses.py",
        "core/last_look.py",
        '    if grant.fused:\n        return GiveUp("FUSE")\n',
        "",
        ("test_fuses.py",),
    ),
)
