"""What a text is about: its keywords, found without any model.

YAKE weighs words by how often, where and beside what they stand (Campos et al. 2020,
doi:10.1016/j.ins.2019.09.013); it knows the stop words of some thirty languages.
"""

import math

from yake import KeywordExtractor

from karaokify_daemon.domain.alignment import folded

_MOST = 150
_SAMPLE = 400_000  # characters: two words a second, for ten hours


def keywords(text: str, language: str) -> dict[str, float]:
    """Return the words that a text is about, folded, each with a weight above 0, up to 1."""
    extractor = KeywordExtractor(lan=language, n=1, top=_MOST)
    found: dict[str, float] = {}
    for word, score in extractor.extract_keywords(text[:_SAMPLE]):
        # The lower the score, the more it matters; from word to word it grows by factors.
        weight = -math.log(max(1e-9, float(score)))
        if (key := folded(word)) and weight > 0:
            found[key] = max(found.get(key, 0.0), weight)
    most = max(found.values(), default=1.0)
    return {word: weight / most for word, weight in found.items()}
