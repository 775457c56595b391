"""One trial: topics of its own, a simulator nobody kills, replicas, a load, and at the end the evidence."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import httpx2
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.chaos.evidence import Evidence, Post, posts_of, told_of
from tests.chaos.fleet import Fleet
from tests.chaos.load import Load
from tests.chaos.ordered import Spoken
from tests.chaos.stack import Stack
from tests.chaos.tapes import Tapes
from tests.real.site import Site, until

SETTLE_S = 240.0
WITHIN_S = 300.0
"""For what takes seconds on a quiet machine: no wait ends a trial that an overloaded machine would pass."""
LOOK_S = 2.0
SECRET = "a shared secret of the tests"
QUIET_S = 3.0
"""After the last end: callbacks that are still on their way."""


class Trial:
    """``simulator``: options of its own. ``protocol``: how consumers share partitions. ``changes``: of the settings."""

    def __init__(
        self,
        stack: Stack,
        folder: Path,
        seed: int,
        *,
        names: str = "PQ",
        lines: int = 5,
        gap_s: float = 0.1,
        contacts: int = 100,
        protocol: str = "classic",
        simulator: Sequence[str] = (),
        **changes: Any,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.stack, self.seed, self.gap_s = stack, seed, gap_s
        self.site = Site(folder, stack.bootstrap, stack.registry_url, lines, gap_s)
        self.site.base["webhooks"] = {"secrets": {"w1": SECRET}}
        self.sendblue = stack.network.proxy([self.site.api_port])
        self._names, self._protocol, self._changes = names, protocol, changes
        self._record, self._answers = folder / "posts.jsonl", folder / "answers.jsonl"
        self._simulator = (
            "--record", str(self._record), "--answers", str(self._answers), "--gap", str(gap_s), "--seed", str(seed),
            *simulator,
        )  # fmt: skip
        self._contacts, self._reading = contacts, threading.Lock()
        self.aliases: dict[str, str] = {line["number"]: line["alias"] for line in self.site.base["lines"]}
        self.spoken: list[Spoken] = []

    def __enter__(self) -> Self:
        try:
            applied = self.site.command("topics", "apply")
            assert applied.returncode == 0, applied.stderr
            self.oracle = self.site.start_simulator(*self._simulator)
            until(lambda: "simulator on" in self.site.log("simulator"), WITHIN_S)
            self.load = Load(self.site, self.seed, self._contacts)
            kafka = self.site.base["kafka"]
            self.tapes = Tapes(self.stack.bootstrap, self.stack.registry_url, kafka["topic_prefix"])
            self.fleet = Fleet(self.stack, self.site, self._names, self.sendblue, self._protocol, **self._changes)
            self.fleet.ready()
        except BaseException:
            self.site.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.load.close()
        self.stack.clear()
        self.fleet.close()
        self.tapes.close()
        self.site.close()

    def faults(self, **changes: Any) -> None:
        """What goes wrong at Sendblue from now on."""
        url = f"http://127.0.0.1:{self.site.api_port}/_sim/faults"
        answer = httpx2.put(url, json=changes, trust_env=False, timeout=WITHIN_S)
        assert answer.status_code == 200, answer.text

    def posts(self) -> int:
        """POSTs that have arrived."""
        return int(self.site.record()["posts"])

    def wait_posts(self, more: int, within_s: float = WITHIN_S) -> None:
        """Until so many more POSTs have arrived. A replica that ends by itself meanwhile is started again."""
        goal = self.posts() + more

        def true() -> bool:
            self.fleet.revive()
            return self.posts() >= goal

        until(true, within_s)

    def seen(self, fault: str) -> int:
        """How many POSTs have met this fault so far."""
        return sum(post.fault == fault for post in self.judged())

    def judged(self) -> list[Post]:
        """The POSTs of the record so far."""
        return posts_of(self._record)

    def hold(self, seconds: float) -> None:
        """Let a fault last."""
        end = time.monotonic() + seconds
        until(lambda: time.monotonic() >= end, seconds + WITHIN_S)

    def reset_offsets(self) -> None:
        """Commit offset 0 for router and sender, as a careless operator would; the groups must be empty."""
        kafka, lanes = self.site.base["kafka"], 2 * len(self.site.numbers)
        admin = AdminClient({"bootstrap.servers": self.stack.bootstrap, "log_level": 0})
        for role, topic, partitions in (("router", "requests", kafka["partitions"]), ("sender", "dispatch", lanes)):
            places = [TopicPartition(f"{kafka['topic_prefix']}.{topic}", p, 0) for p in range(partitions)]
            group = f"{kafka['group_prefix']}-test-{role}"

            def done(group: str = group, places: list[TopicPartition] = places) -> bool:
                try:
                    asked = ConsumerGroupTopicPartitions(group, places)
                    admin.alter_consumer_group_offsets([asked])[group].result(10)
                except Exception:  # noqa: BLE001 - the group is not empty yet
                    return False
                return True

            until(done, WITHIN_S)

    def settle(self, within_s: float = SETTLE_S) -> Evidence:
        """Wait until every request has its end or is parked; return all that is known.

        ``within_s``: no request came to its end for so long, so none will.
        """
        self.load.wait()
        left, end = len(self.evidence().waiting()), time.monotonic() + within_s
        while left and time.monotonic() < end:
            self.fleet.revive()
            self.hold(LOOK_S)
            if (now := len(self.evidence().waiting())) < left:
                left, end = now, time.monotonic() + within_s
        self.hold(QUIET_S)
        return self.evidence()

    def evidence(self) -> Evidence:
        """All that is known now."""
        with self._reading:
            self.tapes.read()
        for life in self.fleet.lives:
            life.look()
        told, jams = told_of(self._answers), list(self.sendblue.jams)
        posts, spoken = self.judged(), list(self.spoken)
        return Evidence(self.tapes, posts, told, self.fleet.lives, self.gap_s, jams, spoken, self.aliases)
