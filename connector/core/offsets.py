"""The low watermark of one partition, over completions in any order."""


class Watermark:
    def track(self, offset: int) -> None:
        raise NotImplementedError

    def done(self, offset: int) -> bool:
        raise NotImplementedError

    @property
    def next_offset(self) -> int | None:
        raise NotImplementedError

    @property
    def oldest(self) -> int | None:
        raise NotImplementedError

    @property
    def pending(self) -> int:
        raise NotImplementedError
