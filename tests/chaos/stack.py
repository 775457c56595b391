"""What all trials share: three brokers behind proxies, a registry, the network between."""

import signal
import sys
from contextlib import ExitStack
from typing import Self

from tests.chaos.proxy import Network, Proxy
from tests.real.stack.brokers import Brokers
from tests.real.stack.registry import RealRegistry

NODES, DISKS = (1, 2, 3), 2
SESSION_MS, GIVEN_SESSION_MS = 2500, 6000
"""After so long without a heartbeat a member's partitions move; a broker allows no less than 6 s, unless told to."""


def ended_by_sigterm() -> None:
    """From now on SIGTERM ends this process as Ctrl-C does, with everything that it has started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


class Stack:
    """``bootstrap`` goes straight to the brokers, ``proxied`` through a proxy for each node.

    ``given``: bootstrap servers and registry of a stack that runs already. Nothing lies between it and the replicas
    then, so only faults of replicas and of Sendblue are to be had.
    """

    def __init__(self, given: tuple[str, str] | None = None) -> None:
        self.network, self.before, self._given = Network(), dict[int, Proxy](), given
        self.session_ms = SESSION_MS if given is None else GIVEN_SESSION_MS
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.enter_context(self.network)
            if self._given is None:
                self._start(opened)
            self._open = opened.pop_all()
        return self

    def _start(self, opened: ExitStack) -> None:
        self.before = {node: self.network.proxy([]) for node in NODES}
        self.brokers = Brokers(len(NODES), [proxy.port for proxy in self.before.values()], DISKS)
        for node, proxy in self.before.items():
            proxy.aim([self.brokers.proxied(node)])
        opened.enter_context(self.brokers)
        self.registry = opened.enter_context(RealRegistry())

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def bootstrap(self) -> str:
        """Where those who only watch connect."""
        return self.brokers.bootstrap if self._given is None else self._given[0]

    @property
    def registry_url(self) -> str:
        """Where schemas are."""
        return self.registry.url if self._given is None else self._given[1]

    @property
    def proxied(self) -> str:
        """Where replicas connect."""
        return ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.before.values()) or self.bootstrap

    def clear(self) -> None:
        """Every fault of the network and the registry off."""
        for proxy in self.before.values():
            proxy.clear()
        if self._given is None:
            self.registry.thaw()
