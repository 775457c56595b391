"""The commands for the keys of the callback URLs."""

import time
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from connector.commands import key_files
from connector.commands.cli_frame import RISK, WRONG, AsJson, Config, settings_of
from connector.commands.cli_output import fail, moment, print_rows, tell
from connector.commands.ledger_reading import RiskNotAccepted
from connector.core.key_ring import GONE_MS, HOUR_MS, SETTLE_MS

keys_cli = typer.Typer(help="The keys that sign callback URLs, rotated without a restart: new, sign, retire.")
COLUMNS = ("key_id", "signs", "where", "may_be_retired_from")
KeyId = Annotated[str, typer.Argument(help="the key's id, the name of its file")]
T = TypeVar("T")


@keys_cli.command("list")
def keys_list(config: Config = None, as_json: AsJson = False) -> None:
    """Show which keys are accepted, which one signs, and from when on the others may be retired. Never a key itself.

    Example: kafka-sendblue keys list -c connector.yaml
    """
    settings = settings_of(config)
    rows = _done(lambda: key_files.rows(settings, _now_ms()))
    print_rows(COLUMNS, [(*row[:3], moment(row.may_go_ms)) for row in rows], as_json)


@keys_cli.command("new")
def keys_new(
    key_id: Annotated[str | None, typer.Option("--id", help="its id; default: made of the day")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Put a new random key into callbacks.keys_dir. It is accepted from then on, and signs nothing before `keys sign`.

    Example: kafka-sendblue keys new -c connector.yaml
    """
    settings = settings_of(config)
    name = _done(lambda: key_files.make(settings, key_id, _now_ms()))
    tell(
        f"made {name}; it signs nothing yet. Next, once every process accepts it ({SETTLE_MS // 1000} s where they "
        f"share this folder): kafka-sendblue keys sign {name}. Then, {GONE_MS // HOUR_MS} h later: "
        "kafka-sendblue keys retire, with the id of the former one",
        as_json,
        key_id=name,
    )


@keys_cli.command("sign")
def keys_sign(
    key_id: KeyId,
    now: Annotated[bool, typer.Option("--now", help="although it is only just made")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let this key sign from now on; the others are still accepted.

    Exit code 7 for a key that some process may not have read yet. Example: kafka-sendblue keys sign k-2026-03-01
    """
    settings = settings_of(config)
    _done(lambda: key_files.let_sign(settings, key_id, _now_ms(), at_once=now))
    tell(f"{key_id} signs; the others are accepted until they are retired", as_json, key_id=key_id)


@keys_cli.command("retire")
def keys_retire(
    key_id: KeyId,
    now: Annotated[bool, typer.Option("--now", help="although callbacks that it signed may still come")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Take a key out of callbacks.keys_dir: what it signed is refused from then on.

    Refused while it signs; exit code 7 while callbacks that it signed may still come, 73 hours from the last one.

    Example: kafka-sendblue keys retire k1
    """
    settings = settings_of(config)
    _done(lambda: key_files.retire(settings, key_id, _now_ms(), at_once=now))
    tell(f"{key_id} is gone: what it signed is refused", as_json, key_id=key_id)


def _done(work: Callable[[], T]) -> T:
    """Its errors become sentences."""
    try:
        return work()
    except RiskNotAccepted as error:
        fail(str(error), RISK)
    except (OSError, ValueError) as error:
        fail(str(error), WRONG)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
