"""An embedded broker for the demo: librdkafka's own mock cluster, in this process, on loopback.

It is hosted through ctypes on the very library that confluent-kafka brings along, because the Python package offers no
way to choose partition counts. It keeps 5 MiB a partition and no disk, knows no admin calls, no LogAppendTime and no
transactions: good for showing, never for proving. Clients should set ``fetch.wait.max.ms`` to 10 and use KIP-848.
"""

import ctypes
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import confluent_kafka

CLIENT = {"fetch.wait.max.ms": "10"}
"""What clients of this broker should set: it never wakes a waiting fetch."""
_PRODUCER = 0
_NODE = 1
_ERROR_BYTES = 512


class EmbeddedBroker:
    """``with EmbeddedBroker({"topic": 3}) as broker: broker.bootstrap``. Raises RuntimeError when it cannot start."""

    def __init__(self, topics: Mapping[str, int]) -> None:
        self._topics = dict(topics)
        self.bootstrap = ""

    def __enter__(self) -> Self:
        self._lib = _library()
        conf = self._lib.rd_kafka_conf_new()
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        self._lib.rd_kafka_conf_set(conf, b"log_level", b"2", error, _ERROR_BYTES)
        self._handle = self._lib.rd_kafka_new(_PRODUCER, conf, error, _ERROR_BYTES)
        if not self._handle:
            raise RuntimeError(f"the embedded broker did not start: {error.value.decode()}")
        self._cluster = self._lib.rd_kafka_mock_cluster_new(self._handle, 1)
        for name, partitions in self._topics.items():
            self._lib.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1)
        self._lib.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 200)
        self.bootstrap = self._lib.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lib.rd_kafka_mock_cluster_destroy(self._cluster)
        self._lib.rd_kafka_destroy(self._handle)

    def take_down(self) -> None:
        """Close every connection and refuse new ones."""
        self._lib.rd_kafka_mock_broker_set_down(self._cluster, _NODE)

    def bring_up(self) -> None:
        """Accept connections again."""
        self._lib.rd_kafka_mock_broker_set_up(self._cluster, _NODE)

    def slow_down(self, delay_ms: int) -> None:
        """Answer every request so much later."""
        self._lib.rd_kafka_mock_broker_set_rtt(self._cluster, _NODE, delay_ms)

    def refuse(self, request: int, error: int) -> None:
        """Answer the next request of this kind (its API key) with this error code."""
        self._lib.rd_kafka_mock_push_request_errors_array(self._cluster, request, 1, ctypes.byref(ctypes.c_int(error)))

    def deny(self, topic: str, error: int) -> None:
        """Say this error code of a topic whenever it is asked for: it is gone, or forbidden."""
        self._lib.rd_kafka_mock_topic_set_error(self._cluster, topic.encode(), error)


def _library() -> ctypes.CDLL:
    """The librdkafka that the installed confluent-kafka is linked with."""
    package = Path(confluent_kafka.__file__).parent
    places = ((package.parent / "confluent_kafka.libs"), package / ".dylibs")
    found = [path for place in places for path in place.glob("librdkafka*")]
    if not found:
        raise RuntimeError("no librdkafka was found beside confluent-kafka: install it from a wheel")
    lib = ctypes.CDLL(str(found[0]))
    lib.rd_kafka_conf_new.restype = ctypes.c_void_p
    lib.rd_kafka_conf_set.argtypes = [ctypes.c_void_p, *[ctypes.c_char_p] * 3, ctypes.c_size_t]
    lib.rd_kafka_new.restype = ctypes.c_void_p
    lib.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    lib.rd_kafka_destroy.argtypes = [ctypes.c_void_p]
    lib.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    lib.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
    lib.rd_kafka_mock_cluster_destroy.argtypes = [ctypes.c_void_p]
    lib.rd_kafka_mock_topic_create.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
    lib.rd_kafka_mock_broker_set_down.argtypes = [ctypes.c_void_p, ctypes.c_int32]
    lib.rd_kafka_mock_broker_set_up.argtypes = [ctypes.c_void_p, ctypes.c_int32]
    lib.rd_kafka_mock_broker_set_rtt.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int]
    lib.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    lib.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
    lib.rd_kafka_mock_group_initial_rebalance_delay_ms.argtypes = [ctypes.c_void_p, ctypes.c_int32]
    lib.rd_kafka_mock_push_request_errors_array.argtypes = [
        ctypes.c_void_p, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(ctypes.c_int)
    ]  # fmt: skip
    lib.rd_kafka_mock_topic_set_error.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    return lib
