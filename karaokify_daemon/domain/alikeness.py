"""Which sets are much alike, without comparing each with each.

Two that share so much share one of their rarest members (prefix filtering: Chaudhuri, Ganti and
Kaushik 2006, doi:10.1109/ICDE.2006.9).
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

_MOST = 100  # sets that are compared for one member; only of few words there are more
T = TypeVar("T", bound=Hashable)


class Alike(Generic[T]):
    """Sets, added one by one; two that are `least` alike share so much of what both have."""

    def __init__(self, sets: Sequence[frozenset[T]], least: float) -> None:
        self._sets, self._least = sets, least
        often = Counter(member for own in sets for member in own)
        order = sorted(often, key=lambda member: (often[member], str(member)))
        self._rank = {member: i for i, member in enumerate(order)}
        self._having: dict[T, list[int]] = {}

    def add(self, number: int) -> None:
        """Let a set be found, by its number."""
        for member in self._rarest(number):
            having = self._having.setdefault(member, [])
            if len(having) < _MOST:
                having.append(number)

    def found(self, number: int) -> Iterator[tuple[int, float]]:
        """Yield the sets that were added and are alike, and how much."""
        own = self._sets[number]
        others = {j for member in self._rarest(number) for j in self._having.get(member, ())}
        for other in others:
            shared = len(own & self._sets[other])
            alike = shared / (len(own) + len(self._sets[other]) - shared)
            if alike >= self._least:
                yield other, alike

    def _rarest(self, number: int) -> Iterable[T]:
        own = self._sets[number]
        count = len(own) - math.ceil(self._least * len(own) - 1e-9) + 1
        return sorted(own, key=self._rank.__getitem__)[:count]
