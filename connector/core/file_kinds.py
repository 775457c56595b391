"""What a fetched file is called: Sendblue, and the phone that shows it, tell its kind by the extension.

The link's own extension counts; without one, what its server says (Content-Type), and so where the extension is no
kind of picture, sound or film, and the server says that it is one: ``get.php`` and ``photo.v2`` are names of programs
and of versions. A web page is never the file: a server that would rather have somebody log in answers 200 and a page,
and that must not become the picture of a text.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

EXTENSIONS: Mapping[str, str] = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/heic": "heic",
    "image/heif": "heif", "image/tiff": "tiff", "image/bmp": "bmp",
    "video/mp4": "mp4", "video/quicktime": "mov", "video/3gpp": "3gp", "video/mpeg": "mpeg",
    "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/x-m4a": "m4a", "audio/aac": "aac", "audio/wav": "wav",
    "audio/x-wav": "wav", "audio/x-caf": "caf", "audio/amr": "amr",
    "application/pdf": "pdf", "text/vcard": "vcf", "text/x-vcard": "vcf", "text/calendar": "ics", "text/csv": "csv",
    "text/plain": "txt",
}  # fmt: skip
"""The kinds of files that people text each other."""

KINDS = frozenset({*EXTENSIONS.values(), "jpeg", "m4v"})
SEEN_OR_HEARD = ("image/", "video/", "audio/")
PAGES = frozenset({"text/html", "application/xhtml+xml"})
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,10}")
_ODD = re.compile(r"[^A-Za-z0-9_-]+")
STEM_CHARS = 64


def is_page(content_type: str) -> bool:
    """Whether a server says that what it gives is a web page."""
    return _bare(content_type) in PAGES


def file_name(path: str, content_type: str) -> str | None:
    """A name of letters, digits, ``_`` and ``-`` with an extension, for the file at this path; None: kind unknown."""
    stem, own = _named(path) or ("", None)
    told = EXTENSIONS.get(_bare(content_type))
    says_more = told is not None and _bare(content_type).startswith(SEEN_OR_HEARD) and own not in KINDS
    extension = told if own is None or says_more else own
    if extension is None:
        return None
    return f"{_ODD.sub('-', stem).strip('-')[:STEM_CHARS] or 'File'}.{extension}"


def _named(path: str) -> tuple[str, str] | None:
    """What stands before and behind the last dot of a path, whose length whoever wrote the link chose: no search."""
    stem, _, extension = unquote(path).rpartition("/")[2].rpartition(".")
    if not stem or stem.endswith(".") or _EXTENSION.fullmatch(extension) is None:
        return None
    return stem, extension.lower()


def _bare(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
