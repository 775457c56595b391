"""kafka-sendblue: send requests on Kafka become texts at most once, status callbacks become events."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("kafka-sendblue")
except PackageNotFoundError:  # run from a tree that was never installed
    __version__ = "0.0.0"
