"""The short form of the fuzz, with fixed seeds; ``make fuzz`` is the long one."""

import random

from connector.roles.account_webhooks import AccountWebhooks
from connector.roles.ingress import OK, Ingress, Reply
from tests.fuzz import target
from tests.fuzz.desk import Desk
from tests.fuzz.hook_shots import SECRETS, forged_secret
from tests.fuzz.run import shoot
from tests.fuzz.shots import KINDS, forged

SHOTS = 1_500


async def test_nothing_forged_gets_in_and_nothing_genuine_is_lost() -> None:
    """Over real sockets: no forged callback accepted, no genuine one refused, no 5xx, no exception."""
    tally = await shoot(SHOTS, seed=7)

    assert tally.complaints == []
    assert tally.shots.total() == SHOTS
    assert set(tally.shots) == set(KINDS)
    assert tally.judged["forged"] > SHOTS // 3
    assert tally.judged["genuine"] > SHOTS // 10


async def test_the_same_of_account_webhooks() -> None:
    """By their secret; lists of a thousand and types that nobody documented among them."""
    tally = await shoot(SHOTS, seed=8)

    assert tally.complaints == []
    assert tally.judged["forged hook"] > SHOTS // 20
    assert tally.judged["genuine hook"] > SHOTS // 20
    assert tally.written["inbound"] > 0 < tally.written["account"]


class Lax(Ingress):
    """Lets everybody in and writes nothing."""

    async def accept(self, token: str, body: bytes) -> Reply:
        return OK


class LaxHooks(AccountWebhooks):
    """The same of account webhooks."""

    async def accept(self, kind: str, secret: bytes, body: bytes) -> Reply:
        return OK


async def test_the_judge_sees_what_is_let_in_and_what_is_lost() -> None:
    """A judge that cannot complain would prove nothing."""
    tally = await shoot(100, seed=7, ingress=Lax, hooks=LaxHooks)

    assert set(tally.faults) == {
        *("forged: 200 ", "genuine: 200 ", "token: answered 200"),
        *("forged hook: 200 ", "genuine hook: 200 ", "secret: answered 200"),
    }


async def test_a_forged_address_is_never_a_genuine_one() -> None:
    """Else the fuzz would complain of the ingress for its own mistake."""
    rng, tokens = random.Random(3), Desk().tokens
    made = [forged(rng, token) for token in tokens for _ in range(200)]

    assert {token.encode() for token in tokens}.isdisjoint(made)


def test_a_forged_secret_is_never_a_genuine_one() -> None:
    """Not with blanks around it either, which a header does not keep."""
    rng = random.Random(4)
    made = [forged_secret(rng) or b"" for _ in range(5_000)]

    assert {secret.strip() for secret in made}.isdisjoint(SECRETS)


def test_verify_and_parse_stand_any_bytes() -> None:
    """What the guided fuzzer asks, of bytes that were damaged by chance."""
    for data in target.seeds(random.Random(11), 5_000):
        target.one(data)
