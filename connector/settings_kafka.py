"""The settings of Kafka and of the schema registry."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GroupProtocol(StrEnum):
    """How consumers share partitions: KIP-848 (Kafka 4), or cooperative-sticky on any broker."""

    CONSUMER = "consumer"
    CLASSIC = "classic"


class Kafka(_Part):
    """Where Kafka is, and how its clients talk to it."""

    bootstrap_servers: str = Field("localhost:9092", description="host:port, comma separated")
    topic_prefix: str = Field("sendblue", description="prefix of all topic names")
    group_prefix: str = Field("kafka-sendblue", description="prefix of the consumer groups")
    group_protocol: GroupProtocol = Field(
        GroupProtocol.CLASSIC, description="consumer (KIP-848, Kafka 4 and newer) or classic (cooperative-sticky)"
    )
    client: dict[str, str] = Field(default_factory=dict, description="anything else for librdkafka: TLS, SASL, ...")
    client_files: dict[str, Path] = Field(
        default_factory=dict, description="the same, each value as a file that is read at the start: sasl.password, ..."
    )
    partitions: int = Field(
        12, ge=1, description="partitions of requests, events, dlq, inbound and account when `topics apply` makes them"
    )
    replication_factor: int = Field(3, ge=1, description="of the topics that `topics apply` makes")


class RegistryPart(_Part):
    """The schema registry."""

    url: str = Field("http://localhost:8081", description="address of a Confluent-compatible registry")
    user: str | None = Field(None, description="for HTTP basic authentication")
    password: SecretStr | None = Field(None, description="for HTTP basic authentication")
    password_file: Path | None = Field(None, description="the same, as a file")
    auto_register: bool = Field(True, description="register our schemas at start; false: they must be there")
