"""All settings, as one typed tree.

They come from flags, then the environment (``SENDBLUE_KAFKA__BOOTSTRAP_SERVERS=...``), then a YAML file, then the
defaults. Unknown names are mistakes. Every mistake is reported at once, with its path and what to do; values of secrets
are never shown. A secret may be given as a file (``..._file``), which is read again when it is needed, so that rotating
it needs no restart.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from connector.core.calls import CALL_S
from connector.core.events import ContentPolicy
from connector.core.messages import OnInDoubt, ServicePolicy
from connector.core.not_free import PARK_AFTER_MIN_S
from connector.core.outcomes import UnknownCode
from connector.core.pacing import LONGEST_LEASE_S
from connector.core.quiet import checked
from connector.core.seen import PARK_AFTER_S
from connector.core.tokens import Ring
from connector.settings_content import LookupPart, MediaPart, OptOutsPart
from connector.settings_fuses import FusesPart
from connector.settings_ingress import Door, door_faults
from connector.settings_kafka import Kafka, RegistryPart
from connector.settings_pool import Pool
from connector.settings_webhooks import Webhooks
from connector.time_zones import known_zone

E164 = r"^\+[1-9]\d{6,14}$"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SendblueApi(_Part):
    """The Sendblue account."""

    base_url: str = Field("https://api.sendblue.co", description="address of the API")
    api_key_id: SecretStr | None = Field(None, description="the account's key id")
    api_key_id_file: Path | None = Field(None, description="the same, as a file")
    api_secret_key: SecretStr | None = Field(None, description="the account's secret key")
    api_secret_key_file: Path | None = Field(None, description="the same, as a file")
    deadline_s: float = Field(CALL_S, gt=0, le=60, description="the longest a call may take, in seconds")
    max_in_flight: int = Field(256, ge=1, le=4096, description="calls under way at once, over all lines")
    unknown_code: UnknownCode = Field(UnknownCode.REJECT, description="what an undocumented refusal comes to")


class LinePart(_Part):
    """One of our Sendblue numbers."""

    alias: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="its name everywhere but at Sendblue")
    number: str = Field(pattern=E164, description="E.164")
    gap_s: float = Field(1.0, ge=0, le=3600, description="least time between two messages, in seconds")
    in_flight: int = Field(1, ge=1, le=16, description="calls under way at once; more only for fast lines")
    pool: bool = Field(True, description="may be given to new contacts")
    new_contacts_per_hour: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="most new contacts in any hour, whatever Sendblue allows; not set: as it says",
    )
    new_contacts_per_day: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="most new contacts from one 3 AM in New York to the next; not set: as it says",
    )


class InDoubt(_Part):
    """What happens to attempts whose fate nobody can prove."""

    policy: OnInDoubt = Field(
        OnInDoubt.PARK, description="PARK (a person decides), DROP, or RESEND what is proved absent"
    )
    park_after_s: float = Field(PARK_AFTER_S, ge=PARK_AFTER_MIN_S, description="how long to wait for proof")


class Ledger(_Part):
    """The send ledger."""

    hash_key: SecretStr | None = Field(None, description="key of the ledger's hashes, 16 to 64 bytes; never changed")
    hash_key_file: Path | None = Field(None, description="the same, as a file")
    lease_s: float = Field(
        5.0, ge=1, le=LONGEST_LEASE_S, description="how long a grant may be written after it was asked for"
    )


class Callbacks(Door):
    """Where Sendblue's status callbacks come in."""

    public_url: str = Field("http://127.0.0.1:8080", description="how Sendblue reaches this ingress; https")
    host: str = Field("0.0.0.0", description="address to listen on")  # noqa: S104 - a server inside its container
    port: int = Field(8080, ge=0, le=65535, description="port to listen on")
    keys: dict[str, SecretStr] = Field(default_factory=dict, description="key id -> secret, 16 bytes or more")
    keys_dir: Path | None = Field(None, description="folder of more, read while running: file name = key id")
    signing_key: str | None = Field(
        None, description="key id that signs, the others are accepted; not set: by `keys sign`, else the first one"
    )


class Observability(_Part):
    """Where people look."""

    host: str = Field("0.0.0.0", description="address to listen on")  # noqa: S104 - a server inside its container
    health_port: int = Field(8081, ge=0, le=65535, description="livez, startupz, readyz, statusz")
    tracing: bool = Field(False, description="OpenTelemetry traces; needs the extra `otel`, obeys its OTEL_ variables")
    metrics_port: int = Field(9464, ge=0, le=65535, description="Prometheus")
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = Field("info", description="least level")


class Shutdown(_Part):
    """How the process ends."""

    endpoint_drain_s: float = Field(
        5.0, ge=0, le=300, description="how long callbacks are still taken after /readyz says no, before anything stops"
    )


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(env_prefix="SENDBLUE_", env_nested_delimiter="__", extra="forbid", frozen=True)
    config_file: ClassVar[Path | None] = None

    name: str = Field("default", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="name of this connector")
    kafka: Kafka = Field(default_factory=Kafka)
    registry: RegistryPart = Field(default_factory=RegistryPart)
    sendblue: SendblueApi = Field(default_factory=SendblueApi)
    lines: tuple[LinePart, ...] = Field((), description="our Sendblue numbers")
    line_conflict: Annotated[str, Field(pattern="^(refuse|use_bound)$")] = Field(
        "refuse", description="when a request names another line than its contact's"
    )
    pool: Pool = Field(default_factory=Pool)
    in_doubt: InDoubt = Field(default_factory=InDoubt)
    ledger: Ledger = Field(default_factory=Ledger)
    fuses: FusesPart = Field(default_factory=FusesPart)
    callbacks: Callbacks = Field(default_factory=Callbacks)
    optouts: OptOutsPart = Field(default_factory=OptOutsPart)
    webhooks: Webhooks = Field(default_factory=Webhooks)
    observability: Observability = Field(default_factory=Observability)
    shutdown: Shutdown = Field(default_factory=Shutdown)
    content: ContentPolicy = Field(ContentPolicy.FULL, description="texts in events: full, hash or omit")
    default_ttl_s: float = Field(86_400, gt=0, le=259_200, description="when a request without expires_at expires")
    service_policy: ServicePolicy = Field(
        ServicePolicy.ANY,
        description="of requests that name none: ANY, or IMESSAGE_ONLY (looked up before)",
    )
    lookup: LookupPart = Field(default_factory=LookupPart)
    media: MediaPart = Field(default_factory=MediaPart)
    quiet_hours: Annotated[str, AfterValidator(checked)] = Field(
        "none", description="when nobody is texted, by the recipient's own clock: 21:00-08:00; none: at any hour"
    )
    quiet_hours_zone: Annotated[str, AfterValidator(known_zone)] = Field(
        "UTC", description="the time zone of recipients whose numbers do not tell theirs"
    )
    unsafe_dev: bool = Field(False, description="allow fewer than three brokers and plain http: for trials")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's own signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's own signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, file."""
        if cls.config_file is None:
            return init_settings, env_settings
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=cls.config_file)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if faults := list(_faults(self)):
            raise ValueError("; ".join(faults))
        return self


def _faults(settings: Settings) -> list[str]:
    faults = []
    aliases = [line.alias for line in settings.lines]
    numbers = [line.number for line in settings.lines]
    if len(set(aliases)) < len(aliases):
        faults.append("lines: two lines have one alias; give each its own")
    if len(set(numbers)) < len(numbers):
        faults.append("lines: two lines have one number; name each number once")
    faults += [
        f"lines: {line.alias} may text more new contacts in an hour than in a day; lower new_contacts_per_hour"
        for line in settings.lines
        if line.new_contacts_per_day is not None and line.new_contacts_per_day < (line.new_contacts_per_hour or 0)
    ]
    signing = settings.callbacks.signing_key
    if signing is not None and settings.callbacks.keys_dir is None and signing not in settings.callbacks.keys:
        faults.append("callbacks.signing_key: it is not one of callbacks.keys; add it there")
    if not (settings.unsafe_dev or _is_safe(settings.callbacks.public_url)):
        faults.append("callbacks.public_url: must be https; numbers and texts come in there")
    if not (settings.unsafe_dev or _is_safe(settings.sendblue.base_url)):
        faults.append("sendblue.base_url: must be https; keys, numbers and texts go there")
    if urlsplit(settings.registry.url).scheme not in ("http", "https"):
        faults.append("registry.url: must begin with https:// or http://")
    faults += _key_faults(settings.callbacks) + door_faults(settings.callbacks)
    lease, park = settings.ledger.lease_s, settings.in_doubt.park_after_s
    if park < lease + settings.sendblue.deadline_s + 20:
        faults.append("in_doubt.park_after_s: must exceed ledger.lease_s + sendblue.deadline_s + 20 s")
    return faults


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in LOOPBACK


def _key_faults(callbacks: Callbacks) -> list[str]:
    keys = {name: key.get_secret_value().encode() for name, key in callbacks.keys.items()}
    try:
        Ring(keys, next(iter(keys), ""))
    except ValueError as error:
        return [f"callbacks.keys: {error}"] if keys else []
    return []


def load(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings. Raises pydantic's ValidationError (see ``explain``), FileNotFoundError, ValueError."""
    if path is not None and not path.exists():
        raise FileNotFoundError(f"no such settings file: {path}")
    if path is not None and not path.is_file():
        raise ValueError(f"the settings are a file, and this is none: {path}")
    if path is not None:
        _look_at(path)
    reader = type("SettingsFromFile", (Settings,), {"config_file": path})
    settings: Settings = reader(**(overrides or {}))
    return settings


def _look_at(path: Path) -> None:
    """Raises ValueError for a file that is no mapping; of what it holds nothing is shown, for it may be a secret."""
    try:
        tree = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ValueError(f"{path}{place}: no YAML ({type(error).__name__})") from None
    if tree is not None and not isinstance(tree, dict):
        raise ValueError(f"{path}: must hold names and values; see docs/settings.md")


def explain(error: ValidationError) -> list[str]:
    """One line a mistake: its path, its value (secrets masked) and what is wrong."""
    lines = []
    for one in error.errors(include_url=False, include_context=False):
        path = ".".join(str(part) for part in one["loc"])
        shown = "" if not path or _is_secret(path) or isinstance(one["input"], dict | list) else f" = {one['input']!r}"
        told = _TOLD.get(one["type"]) or one["msg"].removeprefix("Value error, ")
        lines.append(f"{path or 'settings'}{shown}: {told}")
    return lines


_TOLD = {"extra_forbidden": "there is no such setting; see docs/settings.md", "missing": "it must be set"}


def _is_secret(path: str) -> bool:
    return any(word in path for word in ("secret", "password", "key", "kafka.client"))


def secret(value: SecretStr | None, file: Path | None, name: str) -> str:
    """Read a secret now, from its file when there is one. Raises ValueError for one that is not set, or unreadable."""
    if file is not None:
        return file_text(file, f"{name}_file")
    if value is None:
        raise ValueError(f"{name} is not set; set it, or {name}_file")
    return value.get_secret_value()


def file_text(file: Path, name: str) -> str:
    """What the file of this setting holds, without blanks around it. Raises ValueError when it cannot be read."""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(f"{name}: {file} cannot be read ({why})") from None
