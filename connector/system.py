"""What the roles take from the machine: two clocks, chance, and the numbering plan."""

import gc
import secrets
import time
from random import random

import phonenumbers


class System:
    """The clocks and the chance of the running process."""

    def mono(self) -> float:
        """Boot-time seconds: it goes on while the machine sleeps, so a lease ends even then."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def attempt(self) -> str:
        """64 random bits in hex, never the same twice."""
        return secrets.token_hex(8)

    def jitter(self) -> float:
        """A number in [0, 1)."""
        return random()  # noqa: S311 - spreads retries; nothing secret


def possible(number: str) -> bool:
    """Whether the numbering plan knows numbers of this length and country; fictional ones count."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def collect_rarely() -> None:
    """Look for cycles every 10,000 new objects, not every 700: what a message makes is mostly gone before."""
    gc.set_threshold(10_000, 10, 10)


def settle_memory() -> None:
    """What the start left behind stays: else every full collection stops the loop for 50 ms to look at it again."""
    gc.collect()
    gc.freeze()
