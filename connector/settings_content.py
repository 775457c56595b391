"""The settings of what goes out: by which service, to whom, and what becomes of links to files."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from connector.core.preparing import GIVE_UP_AFTER_S, Inconclusive


class Upload(StrEnum):
    """What becomes of a link that Sendblue cannot fetch."""

    NEVER = "never"
    AUTO = "auto"


class LookupPart(BaseModel):
    """Look-ups of the service that reaches a contact."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_s: float = Field(86_400, gt=0, le=2_592_000, description="how long an answer is believed, in seconds")
    inconclusive: Inconclusive = Field(
        Inconclusive.WAIT, description="without an answer: WAIT until the request expires, SEND, or REJECT"
    )
    give_up_after_s: float = Field(GIVE_UP_AFTER_S, ge=0, description="after how many seconds without one it counts")


class MediaPart(BaseModel):
    """Files that go with texts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    upload: Upload = Field(
        Upload.NEVER, description="a link that Sendblue cannot fetch (signed, no extension): never, or auto (upload it)"
    )
    max_mb: int = Field(100, ge=1, le=100, description="of a file that is uploaded; an SMS takes 5")
    deadline_s: float = Field(300, gt=0, le=3_600, description="to fetch and upload one file, in seconds")
    at_once: int = Field(4, ge=1, le=16, description="files on their way together, in one process")


class OptOutsPart(BaseModel):
    """Contacts who do not want to be texted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    write_through: bool = Field(False, description="tell Sendblue what was heard in texts, or said by `optouts`")
