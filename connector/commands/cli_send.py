"""The command that writes one request, with every field a request has."""

import time
import uuid
from typing import Annotated

import typer

from connector.commands import operations
from connector.commands.cli_frame import WRONG, AsJson, Config, on_kafka, settings_of
from connector.commands.cli_output import fail, later_ms, print_event, print_json, time_ms
from connector.core.messages import OnInDoubt, Priority, ReplyTo, SendRequest, ServicePolicy

NONE: list[str] = []  # of an option that may be repeated
Text = str | None

Number = Annotated[Text, typer.Argument(help="recipient, E.164")]
Numbers = Annotated[list[str], typer.Option("--numbers", help="instead: a person of a group, E.164; repeat it")]
GroupId = Annotated[Text, typer.Option(help="instead: an existing group, as Sendblue names it")]
Content = Annotated[Text, typer.Option(help="the text")]
MediaUrl = Annotated[Text, typer.Option(help="https link to the attachment")]
FromNumber = Annotated[Text, typer.Option(help="our line, E.164; default: the connector chooses; a group needs it")]
SendStyle = Annotated[Text, typer.Option(help="expressive style")]
SendAt = Annotated[Text, typer.Option(help="not before: ISO 8601 with its zone, or from now on: 90m, 4h, 2d")]
ExpiresAt = Annotated[Text, typer.Option(help="not after, in the same way; default: 24 hours after it is due")]
CreatedAt = Annotated[Text, typer.Option(help="when it was made, if not now, ISO 8601: its age counts from then")]
QuietHours = Annotated[
    Text,
    typer.Option(metavar="START-END", help="not in these, by the recipient's clock, 21:00-08:00; none: at any hour"),
]
Lane = Annotated[Priority, typer.Option(case_sensitive=False, help="reply: before all that is normal on its line")]
Service = Annotated[
    ServicePolicy | None,
    typer.Option(case_sensitive=False, help="imessage_only: or not at all, after a look-up; default: by the settings"),
]
InDoubt = Annotated[
    OnInDoubt | None,
    typer.Option(case_sensitive=False, help="if nobody can prove what became of it; default: by the settings"),
]
SeatId = Annotated[Text, typer.Option(help="the seat that sends, as Sendblue names it")]
Reply = Annotated[Text, typer.Option("--reply-to", help="handle of the message that this one answers inline")]
ReplyPart = Annotated[int | None, typer.Option(help="with --reply-to: which part of it, from 0")]
Tags = Annotated[list[str], typer.Option("--tag", help="NAME=VALUE, comes back on its events; repeat it")]
PreReply = Annotated[bool, typer.Option("--pre-reply-override", help="to a person who has not replied yet, once a day")]
RequestId = Annotated[Text, typer.Option(help="default: a new one")]
Wait = Annotated[float, typer.Option(help="seconds to wait for its events; 0: do not wait")]


def send(
    number: Number = None,
    numbers: Numbers = NONE,
    group_id: GroupId = None,
    content: Content = None,
    media_url: MediaUrl = None,
    from_number: FromNumber = None,
    send_style: SendStyle = None,
    send_at: SendAt = None,
    expires_at: ExpiresAt = None,
    created_at: CreatedAt = None,
    quiet_hours: QuietHours = None,
    priority: Lane = Priority.NORMAL,
    service_policy: Service = None,
    on_in_doubt: InDoubt = None,
    seat_id: SeatId = None,
    reply_to: Reply = None,
    reply_part: ReplyPart = None,
    tag: Tags = NONE,
    pre_reply_override: PreReply = False,
    request_id: RequestId = None,
    wait: Wait = 0.0,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Put one request on the requests topic, as any producer would, and show its events if asked.

    Exit code with --wait: 0 when it ended as SUBMITTED, 8 when it ended otherwise, 1 when its end has not come yet.

    Example: kafka-sendblue send +12025550123 --content "Hello" --priority reply --wait 30
    """
    now_ms = time.time_ns() // 1_000_000
    request = SendRequest(
        request_id or f"cli-{uuid.uuid4()}",
        number=number,
        numbers=tuple(numbers),
        group_id=group_id,
        from_number=from_number,
        content=content,
        media_url=media_url,
        send_style=send_style,
        send_at_ms=later_ms(send_at, "--send-at", now_ms) if send_at else None,
        expires_at_ms=later_ms(expires_at, "--expires-at", now_ms) if expires_at else None,
        on_in_doubt=on_in_doubt,
        seat_id=seat_id,
        reply_to=_reply(reply_to, reply_part),
        quiet_hours=quiet_hours,
        priority=priority,
        tags=dict(_tag(text) for text in tag),
        created_at_ms=time_ms(created_at, "--created-at") if created_at else None,
        service_policy=service_policy,
        pre_reply_override=pre_reply_override,
    )
    _put(request, wait, config, as_json)


def _put(request: SendRequest, wait: float, config: Config, as_json: bool) -> None:
    """Write it, and wait for its end if asked."""
    final = on_kafka(operations.send(settings_of(config), request, wait, lambda row: print_event(row, as_json)))
    if not wait:
        return print_json({"request_id": request.request_id})
    if final is None:
        fail(f"no final event of {request.request_id} within {wait:g} s; it may still come", WRONG)
    raise typer.Exit(operations.exit_of(final))


def _reply(handle: str | None, part: int | None) -> ReplyTo | None:
    if handle is None and part is not None:
        fail("--reply-part goes with --reply-to", 2)
    return None if handle is None else ReplyTo(handle, part)


def _tag(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not (name and found):
        fail("--tag is NAME=VALUE", 2)
    return name, value
