import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.topics import chapters
from karaokify_daemon.domain.transcript import Word

SUBJECTS = [
    "coral reef algae ocean polyp".split(),
    "piston engine fuel valve cylinder".split(),
    "yeast dough oven flour crust".split(),
    "violin bow string melody spruce".split(),
]
KEYWORDS = {word: 1.0 for subject in SUBJECTS for word in subject}


def talk(minutes, subjects, seed=1, pause=400):
    """Return sentences of 4.5 s, equally many about each subject, with three of its words."""
    r = random.Random(seed)
    count = int(minutes * 60 / 4.5)
    found, now = [], 0
    for i in range(count):
        subject = SUBJECTS[i * subjects // count]
        texts = ["so", r.choice(subject), "and", r.choice(subject), "are", r.choice(subject)]
        words = tuple(Word(w, now + 650 * n, now + 650 * n + 600) for n, w in enumerate(texts))
        found.append(Sentence(i, words))
        now = words[-1].end + pause
    return found, now


def test_a_chapter_begins_where_the_subject_changes():
    found, duration = talk(24, 4)
    begins = chapters(found, KEYWORDS, duration)
    assert begins[0] == 0
    for change in (80, 160, 240):
        assert any(abs(begin - change) <= 2 for begin in begins), (change, begins)


def test_a_short_recording_may_have_one_per_two_minutes():
    found, duration = talk(8, 4)
    begins = chapters(found, KEYWORDS, duration)
    assert len(begins) == 4
    for change, begin in zip((27, 53, 80), begins[1:], strict=True):
        assert abs(begin - change) <= 3, begins


def test_a_word_that_is_everywhere_divides_nothing():
    found, duration = talk(8, 2)
    everywhere = [
        Sentence(s.id, (*s.words[:-1], Word("we" if s.id % 9 else "sea", s.words[-1].start, s.end)))
        for s in found
    ]
    begins = chapters(everywhere, KEYWORDS | {"sea": 1.0}, duration)
    assert any(abs(begin - 53) <= 3 for begin in begins)


def test_a_pause_says_where_nothing_else_does():
    found, duration = talk(12, 1)
    moved = [
        Sentence(s.id, tuple(Word(w.text, w.start + 4000, w.end + 4000) for w in s.words))
        for s in found[70:]
    ]
    assert 70 in chapters(found[:70] + moved, {}, duration + 4000)


def test_short_recordings_have_one_and_empty_ones_none():
    found, duration = talk(1.9, 2)
    assert chapters(found, KEYWORDS, duration) == [0]
    assert chapters([], KEYWORDS, 600_000) == []
    assert chapters(found[:1], KEYWORDS, 600_000) == [0]


@given(st.integers(2, 200), st.integers(1, 4), st.integers(0, 50), st.booleans())
def test_chapters_are_neither_too_many_nor_too_short(minutes, subjects, seed, about):
    found, duration = talk(minutes, subjects, seed)
    begins = chapters(found, KEYWORDS if about else {}, duration)
    assert begins == sorted(set(begins)) and begins[0] == 0
    assert len(begins) <= min(20, max(min(5, minutes / 2 + 1), minutes / 5 + 1))
    starts = [*(found[begin].start for begin in begins), duration]
    shortest = min(60_000, duration // 12)
    assert len(begins) == 1 or all(b - a >= shortest for a, b in pairwise(starts))
