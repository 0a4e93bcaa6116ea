"""Heights of ten thousand messages: sums and searches in a few steps each."""

from __future__ import annotations

from collections.abc import Iterable


class Heights:
    """A list of heights (whole pixels) that knows where each entry begins: a Fenwick tree (P. M. Fenwick, 1994)."""

    def __init__(self, values: Iterable[int] = ()) -> None:
        self._values = list(values)
        self._tree = [0, *self._values]
        for at in range(1, len(self._tree)):
            above = at + (at & -at)
            if above < len(self._tree):
                self._tree[above] += self._tree[at]

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, index: int) -> int:
        return self._values[index]

    def set(self, index: int, value: int) -> None:
        """Change one height."""
        change = value - self._values[index]
        self._values[index] = value
        at = index + 1
        while change and at < len(self._tree):
            self._tree[at] += change
            at += at & -at

    def append(self, value: int) -> None:
        """Add a height at the end."""
        self._values.append(value)
        at = len(self._values)
        below, total = at - 1, value
        while below > at - (at & -at):
            total += self._tree[below]
            below -= below & -below
        self._tree.append(total)

    def top(self, index: int) -> int:
        """Where entry ``index`` begins: the sum of all before it."""
        total = 0
        while index > 0:
            total += self._tree[index]
            index -= index & -index
        return total

    @property
    def total(self) -> int:
        """The sum of all."""
        return self.top(len(self._values))

    def find(self, y: int) -> int:
        """The entry that covers ``y``; the first or last one for a ``y`` outside. -1 when there are none."""
        at, size = 0, 1 << len(self._values).bit_length()
        while size:
            if at + size < len(self._tree) and self._tree[at + size] <= y:
                at += size
                y -= self._tree[at]
            size >>= 1
        return min(at, len(self._values) - 1)
