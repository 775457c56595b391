"""The settings of the fuses: how much of one thing is too much (``core.fuses``)."""

from pydantic import BaseModel, ConfigDict, Field


class FusesPart(BaseModel):
    """What an upstream that runs wild may do to people at most. 0 leaves a fuse out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contact_per_minute: int = Field(20, ge=0, le=1_000, description="texts a minute to one contact; more wait; 0: any")
    contact_per_hour: int = Field(600, ge=0, le=10_000, description="texts an hour to one contact; more wait; 0: any")
    same_text_contacts: int = Field(
        1_000,
        ge=0,
        le=1_000_000,
        description="contacts that one replica may send one text before it is an alarm; 0: any",
    )
    same_text_window_s: float = Field(3_600, gt=0, le=86_400, description="the time in which they are counted")
    same_text_stops: bool = Field(False, description="a text that goes to more contacts than that waits, too")
