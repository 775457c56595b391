"""What all trials share: three brokers behind proxies, a registry, the network between."""

from contextlib import ExitStack
from typing import Self

from tests.chaos.proxy import Network, Proxy
from tests.real.stack.brokers import Brokers
from tests.real.stack.registry import RealRegistry

NODES = (1, 2, 3)


class Stack:
    """``bootstrap`` goes straight to the brokers, ``proxied`` through a proxy for each node."""

    def __init__(self) -> None:
        self.network, self.registry = Network(), RealRegistry()
        self.before: dict[int, Proxy] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.enter_context(self.network)
            self.before = {node: self.network.proxy([]) for node in NODES}
            self.brokers = Brokers(len(NODES), [proxy.port for proxy in self.before.values()])
            for node, proxy in self.before.items():
                proxy.aim([self.brokers.proxied(node)])
            opened.enter_context(self.brokers)
            opened.enter_context(self.registry)
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def bootstrap(self) -> str:
        """Where those who only watch connect."""
        return self.brokers.bootstrap

    @property
    def proxied(self) -> str:
        """Where replicas connect."""
        return ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.before.values())

    def clear(self) -> None:
        """Every fault of the network and the registry off."""
        for proxy in self.before.values():
            proxy.clear()
        self.registry.thaw()
