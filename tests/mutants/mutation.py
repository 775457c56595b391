"""One mutant: a rule, the text that keeps it, what stands there instead, and the tests that should miss it.

The text must be found exactly once. Where the source has changed meanwhile, that is said, and nothing is run: a mutant
that changes nothing, or something else, would prove nothing.
"""

from dataclasses import dataclass


class Drifted(Exception):  # noqa: N818 - what happened to the source
    """The text to replace is not there, or is there more than once."""


@dataclass(frozen=True)
class Mutant:
    """``rule`` in words, ``source`` where it is written down, ``file`` below ``connector/``.

    ``tests`` are below ``tests/`` and stand in the order of their cost: the first that fails ends the run.
    """

    name: str
    rule: str
    source: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def of(self, text: str) -> str:
        """The source without the rule. Raises Drifted."""
        if (found := text.count(self.old)) != 1:
            raise Drifted(f"{self.name}: its text is found {found} times in connector/{self.file}")
        return text.replace(self.old, self.new)
