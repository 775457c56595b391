"""What the settings say about where everything is and who we are: clients, registry, topics, groups, keys, identity."""

from collections.abc import Callable, Mapping
from pathlib import Path

from connector.core.facts import Observer
from connector.core.fuses import HOUR_MS, Fuses
from connector.core.fuses import Limits as FuseLimits
from connector.core.identities import account_fingerprint, fingerprint
from connector.core.preflight import Identity
from connector.core.preparing import Preparing
from connector.core.priorities import Places
from connector.core.quiet import hours_of
from connector.core.seen import Policy
from connector.kafka.avro import Codec
from connector.kafka.clients import ClientSettings
from connector.kafka.registry import Registry, RegistrySettings
from connector.kafka.schemas import SchemaName
from connector.kafka.topics import TopicNames, TopicSpec, wanted
from connector.roles.surroundings import LineInfo
from connector.sendblue.client import Limits, SendblueClient
from connector.sendblue.credentials import Credentials
from connector.settings import Settings, file_text, secret
from connector.settings_content import Upload
from connector.settings_pool import Spread


def clients_of(settings: Settings, more: Mapping[str, str] | None = None) -> ClientSettings:
    """How Kafka's clients are configured; ``more`` goes to librdkafka too."""
    kafka = settings.kafka
    read = {name: file_text(file, f"kafka.client_files.{name}") for name, file in kafka.client_files.items()}
    extra = {**kafka.client, **read, **(more or {})}
    return ClientSettings(kafka.bootstrap_servers, extra=extra, group_protocol=kafka.group_protocol)


def registry_of(settings: Settings) -> Registry:
    """The schema registry."""
    part, password = settings.registry, None
    if part.password is not None or part.password_file is not None:
        password = secret(part.password, part.password_file, "registry.password")
    return Registry(RegistrySettings(part.url, part.user, password))


def names_of(settings: Settings) -> TopicNames:
    """What the topics are called."""
    return TopicNames.with_prefix(settings.kafka.topic_prefix)


def aliases_of(settings: Settings) -> dict[str, str]:
    """Our lines: E.164 -> alias."""
    return {line.number: line.alias for line in settings.lines}


def specs_of(settings: Settings, lanes: int) -> tuple[TopicSpec, ...]:
    """The topics as they should be for so many lanes."""
    kafka = settings.kafka
    return wanted(names_of(settings), lanes, kafka.partitions, kafka.replication_factor)


def group_of(settings: Settings, role: str) -> str:
    """The consumer group of a role."""
    return f"{settings.kafka.group_prefix}-{settings.name}-{role}"


def hash_key_of(settings: Settings) -> bytes:
    """The key of the ledger's hashes. Raises ValueError when it is not set."""
    return secret(settings.ledger.hash_key, settings.ledger.hash_key_file, "ledger.hash_key").encode()


def files_in(folder: Path, name: str) -> list[Path]:
    """The files of the folder that this setting names. Raises ValueError when it cannot be read."""
    try:
        return sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    except OSError as error:
        raise ValueError(f"{name}: {folder} cannot be read ({error.strerror})") from None


def credentials_of(settings: Settings) -> Callable[[], Credentials]:
    """The account's keys, read again at each call where they are files."""
    api = settings.sendblue

    def read() -> Credentials:
        return Credentials(
            secret(api.api_key_id, api.api_key_id_file, "sendblue.api_key_id"),
            secret(api.api_secret_key, api.api_secret_key_file, "sendblue.api_secret_key"),
        )

    return read


def client_of(settings: Settings, mono: Callable[[], float], observe: Observer = lambda _: None) -> SendblueClient:
    """A client of Sendblue; whoever asks for it closes it."""
    api = settings.sendblue
    limits = Limits(in_flight=api.max_in_flight, deadline_s=api.deadline_s)
    return SendblueClient(api.base_url, credentials_of(settings), limits=limits, mono=mono, observe=observe)


def identity_of(settings: Settings) -> Identity:
    """Who we are, as genesis knows it; without the account where this process has no key of it."""
    api = settings.sendblue
    account = None
    if api.api_key_id is not None or api.api_key_id_file is not None:
        account = account_fingerprint(secret(api.api_key_id, api.api_key_id_file, "sendblue.api_key_id"))
    return Identity(settings.name, account, fingerprint(hash_key_of(settings)))


async def codec_of(settings: Settings) -> Codec:
    """All our schemas, with their ids in the registry. Raises RegistryAway, UnknownSchema, SchemaRefused."""
    codec = Codec(registry_of(settings), subjects(names_of(settings)))
    await codec.prepare(settings.registry.auto_register)
    return codec


def subjects(names: TopicNames) -> dict[SchemaName, str]:
    """The registry subject of each schema."""
    topics = {
        SchemaName.SEND_REQUEST: names.requests,
        SchemaName.MESSAGE_EVENT: names.events,
        SchemaName.DISPATCH: names.dispatch,
        SchemaName.LEDGER: names.ledger,
        SchemaName.PARKED: names.parked,
        SchemaName.CONTACT: names.contacts,
        SchemaName.CONTROL: names.control,
        SchemaName.OPT_OUT: names.optouts,
        SchemaName.INBOUND_MESSAGE: names.inbound,
        SchemaName.ACCOUNT_EVENT: names.account,
    }
    return {name: f"{topic}-value" for name, topic in topics.items()}


def preparing_of(settings: Settings) -> Preparing:
    """The settings that say what must be known before a text goes."""
    part, upload = settings.lookup, settings.media.upload is Upload.AUTO
    return Preparing(settings.service_policy, part.inconclusive, part.give_up_after_s, upload)


def fuses_of(settings: Settings, now_ms: int) -> Fuses:
    """The fuses as they are set; they begin with what was granted in the last hour."""
    part = settings.fuses
    window_ms = int(part.same_text_window_s * 1000)
    limits = FuseLimits(
        part.contact_per_minute, part.contact_per_hour, part.same_text_contacts, window_ms, part.same_text_stops
    )
    return Fuses(limits, now_ms - HOUR_MS)


def line_infos_of(settings: Settings, given: Mapping[str, Places]) -> list[LineInfo]:
    """Our lines with their partitions of the dispatch topic."""
    return [
        LineInfo(line.alias, given[line.alias].normal, line.gap_s, line.in_flight, given[line.alias].reply)
        for line in settings.lines
    ]


def policy_of(settings: Settings) -> Policy:
    """The settings that a turn depends on."""
    return Policy(
        in_doubt=settings.in_doubt.policy,
        park_after_s=settings.in_doubt.park_after_s,
        default_ttl_ms=int(settings.default_ttl_s * 1000),
        use_bound_line=settings.line_conflict == "use_bound",
        lease_s=settings.ledger.lease_s,
        unknown_code=settings.sendblue.unknown_code,
        preparing=preparing_of(settings),
        spread_new=settings.pool.spread is Spread.DAY,
        quiet_hours=hours_of(settings.quiet_hours),
    )
