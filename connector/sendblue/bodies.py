"""A request in the words of Sendblue's send endpoints."""

from typing import TypeAlias

from connector.core.messages import ReplyTo, SendRequest

SEND_PATH = "/api/send-message"
SEND_GROUP_PATH = "/api/send-group-message"

Json: TypeAlias = str | int | list[str] | dict[str, str | int]


def path_of(request: SendRequest) -> str:
    """Where this request goes: one person or a group."""
    return SEND_GROUP_PATH if request.is_group else SEND_PATH


def body_of(request: SendRequest, from_number: str, callback_url: str | None) -> dict[str, Json]:
    """The JSON body. What is absent is left out: Sendblue's rules for null are not documented."""
    fields: dict[str, Json | None] = {
        "number": request.number,
        "numbers": list(request.numbers) or None,
        "group_id": request.group_id,
        "from_number": from_number,
        "content": request.content,
        "media_url": request.media_url,
        "send_style": request.send_style,
        "status_callback": callback_url,
        "seat_id": request.seat_id,
        "reply_to": _reply_to(request.reply_to),
        "pre_reply_override": request.pre_reply_override or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _reply_to(reply: ReplyTo | None) -> dict[str, str | int] | None:
    if reply is None:
        return None
    if reply.part_index is None:
        return {"message_handle": reply.message_handle}
    return {"message_handle": reply.message_handle, "part_index": reply.part_index}
