"""What is told of what is asked before a text goes: its contact's service, its file.

Facts like those of ``facts``, of no single message.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ServiceAsked:
    """Sendblue was asked which service reaches a contact: imessage, other, no_answer."""

    result: str


@dataclass(frozen=True, slots=True)
class MediaAsked:
    """A file was to be uploaded: uploaded, large (more than an SMS takes), not_taken, no_answer."""

    result: str


ContentFact: TypeAlias = ServiceAsked | MediaAsked
