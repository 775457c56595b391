"""Media objects: a file taken in, or a link registered."""

import uuid
from email import message_from_bytes

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.simulator.answers import answer, body_as, error
from connector.simulator.bodies import scheme_of

MAX_FILE_BYTES = 100 * 1024 * 1024


class MediaUrl(msgspec.Struct):
    """The body of ``upload-media-object``."""

    media_url: str


async def upload_object(request: Request) -> Response:
    """``POST /api/upload-media-object``."""
    body = await body_as(request, MediaUrl)
    if scheme_of(body.media_url) != "https":
        return error(400, "Invalid media URL")
    return answer(201, {"status": "OK", "message": "Media object uploaded", "mediaObjectId": str(uuid.uuid4())})


async def upload_file(request: Request) -> Response:
    """``POST /api/upload-file``: multipart, the part called ``file``. The file itself is not kept."""
    name = _file_name(request.headers.get("content-type", ""), await request.body())
    if name is None:
        return error(400, "No file uploaded")
    media_url = f"https://storage.googleapis.com/simulator/{uuid.uuid4()}/{name}"
    told = {"message": "File uploaded", "media_url": media_url, "mediaObjectId": str(uuid.uuid4())}
    return answer(201, {"status": "OK", **told})


def _file_name(content_type: str, body: bytes) -> str | None:
    if not content_type.lower().startswith("multipart/form-data") or len(body) > MAX_FILE_BYTES:
        return None
    form = message_from_bytes(b"content-type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
    for part in form.walk():
        if part.get_param("name", header="content-disposition") == "file":
            return part.get_filename() or "file"
    return None
