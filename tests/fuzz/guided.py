"""Verify and parse under a fuzzer that sees which branches are taken: ``python -m tests.fuzz.guided -runs=1000000``.

The options are libFuzzer's. It needs atheris, which does not come for every system; elsewhere ``test_short.py`` asks
the same of bytes that a seeded generator has damaged.
"""

import random
import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.stdout.write("left out: there is no atheris here; it comes for Linux on x86-64\n")
    sys.exit(0)

SEEDS = 500

with atheris.instrument_imports(include=["connector.core"]):
    from tests.fuzz import target


def main() -> None:
    """Hand over to libFuzzer, with real callbacks to begin with; it ends the process."""
    corpus = Path(tempfile.mkdtemp(prefix="ingress-corpus-"))
    for n, seed in enumerate(target.seeds(random.Random(1), SEEDS)):
        (corpus / str(n)).write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], target.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
