"""Rules for contacts who do not want to be texted."""

from tests.mutants.mutation import Mutant

OPT_OUTS = ("core/test_opt_outs.py", "test_opt_outs.py")

OPT_OUT_MUTANTS = (
    Mutant(
        "out-before-the-intent",
        "nothing is proposed for a contact that has opted out",
        "core/opt_outs.py",
        "core/turns.py",
        "    return Close(Disposition.REJECTED, OPTED_OUT) if seen.opted_out else None\n",
        "    return None\n",
        ("core/test_turns.py",),
    ),
    Mutant(
        "out-before-the-write",
        "what is granted is not written to a contact that has opted out meanwhile",
        "core/last_look.py; core/opt_outs.py",
        "core/last_look.py",
        "    if grant.opted_out:\n        return GiveUp(OPTED_OUT)\n",
        "",
        OPT_OUTS,
    ),
    Mutant(
        "the-newest-word-counts",
        "of two words the newer one by its own time counts, whichever is read last",
        "core/opt_outs.py",
        "core/opt_outs.py",
        "        newest = max(before, _packed(word))\n",
        "        newest = _packed(word)\n",
        OPT_OUTS,
    ),
    Mutant(
        "two-words-are-there-until-they-are-put-right",
        "of two words in the wrong order the newer one is not compacted away before a process has read both",
        "core/opt_outs.py; kafka/topics.py",
        "kafka/topics.py",
        "        TopicSpec(names.optouts, 1, {**_WORDS, **durable}),\n",
        "        TopicSpec(names.optouts, 1, {**_TABLE, **durable}),\n",
        ("kafka/test_topics.py",),
    ),
    Mutant(
        "an-operators-word-has-a-key-of-its-own",
        "START does not undo what an operator said",
        "core/opt_outs.py",
        "core/opt_outs.py",
        "    return contact + OPERATORS_SUFFIX\n",
        "    return contact\n",
        OPT_OUTS,
    ),
)
