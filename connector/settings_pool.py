"""The settings of the pool: how new contacts are given lines, and how often Sendblue is asked what those may do."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Spread(StrEnum):
    """When new contacts are texted: as soon as their line may, or spread over what is left of Sendblue's day."""

    OFF = "off"
    DAY = "day"


class Pool(BaseModel):
    """New contacts, and the lines that may be given to them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    margin: int = Field(
        1, ge=0, le=10_000, description="a line with no more new contacts left than that, in any window, is given none"
    )
    spread: Spread = Field(Spread.OFF, description="day: new contacts are spread over the rest of Sendblue's day")
    refresh_s: float = Field(
        60.0, ge=10, le=600, description="how often each process asks for lines, their state and usage; about"
    )
