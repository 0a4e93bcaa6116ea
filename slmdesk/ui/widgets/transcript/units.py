"""Places in a text as Qt counts them: in UTF-16 units, of which an emoji takes two."""

from __future__ import annotations

from bisect import bisect_left


class Units:
    """Turns places of one text (in characters) into Qt's and back; costs nothing where both are the same."""

    __slots__ = ("_chars", "_units")

    def __init__(self, text: str) -> None:
        wide = not text.isascii() and any(char > "\uffff" for char in text)
        self._chars = [at for at, char in enumerate(text) if char > "\uffff"] if wide else []
        self._units = [at + number for number, at in enumerate(self._chars)]

    def of(self, place: int) -> int:
        """Qt's place for a place in characters."""
        return place + bisect_left(self._chars, place) if self._chars else place

    def place(self, unit: int) -> int:
        """The place in characters for Qt's; inside a character it is the one before."""
        return unit - bisect_left(self._units, unit) if self._units else unit
