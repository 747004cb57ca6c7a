from fractions import Fraction

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.material import Material, Reel
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word


def test_what_follows_something_left_out_goes_on_and_what_was_chosen_apart_does_not():
    found = [
        Sentence(
            i, tuple(Word("word", 8000 * i + 500 * n, 8000 * i + 500 * n + 450) for n in range(12))
        )
        for i in range(6)
    ]
    removed = [(8000 * i + 2000, 8000 * i + 2450) for i in range(6)]
    material = Material(sentences=found, worth=[0.5] * 6, duration_ms=48_000, removed=removed)
    chosen = [Candidate(first=i, last=i, length=0, score=0.5) for i in (0, 1, 4)]
    reel = Reel.of(material, chosen, Fraction(30))
    assert [[clip.goes_on for clip in part] for part in reel.parts] == [[False, True]] * 3
    assert len(reel.timeline.parts) == 3
