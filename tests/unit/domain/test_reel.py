import random
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from karaokify_daemon.domain.asking import Wish
from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.frames import reel_rate
from karaokify_daemon.domain.material import Material
from karaokify_daemon.domain.reel import reels
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.stretches import stretches
from karaokify_daemon.domain.transcript import Segment, Transcript, Word
from karaokify_daemon.pipeline.digesting import Extractive
from tests.support.talks import BICYCLE, BREAD, spoken

RATE = Fraction(30)


def talk(count, seed=1):
    """Return sentences of 3 to 20 words, with pauses between and behind them, and its length."""
    r = random.Random(seed)
    found, now = [], 500
    for i in range(count):
        words = []
        for _ in range(r.randint(3, 20)):
            length = r.randint(120, 500)
            words.append(Word("word", now, now + length))
            now += length + r.choice([0, 0, 40])
        found.append(Sentence(i, tuple(words)))
        now += r.randint(60, 1500)
    return found, now


def made(found, worth, duration, seconds):
    material = Material(sentences=found, worth=worth, duration_ms=duration)
    [one] = reels(material, RATE, length_ms=seconds * 1000)
    return one.timeline, one.chosen


def test_a_cut_takes_half_of_a_gap_and_not_more_than_belongs_to_it():
    words = [(1000, 2000), (2200, 3000), (9000, 9500)]
    found = [Sentence(i, (Word("a", *span),)) for i, span in enumerate(words)]
    material = Material(sentences=found, worth=[1.0] * 3, duration_ms=10_000)
    [middle] = material.cuts(1, 1)
    assert (middle.start, middle.end, middle.lead, middle.tail) == (2100, 3450, 100, 450)
    [first], [last] = material.cuts(0, 0), material.cuts(2, 2)
    assert (first.start, first.end) == (650, 2100) and (last.start, last.end) == (8650, 9750)


@given(st.integers(30, 120), st.integers(20, 120), st.integers(0, 1000))
def test_a_reel_is_as_long_as_asked_for_and_cuts_no_word(count, seconds, seed):
    found, duration = talk(count, seed)
    r = random.Random(seed)
    worth = [r.random() for _ in found]
    timeline, chosen = made(found, worth, duration, seconds)
    wanted = min(seconds * 1000, duration)
    assert 0.9 * wanted <= timeline.duration_ms <= wanted + 1000 / RATE
    assert all(one.last < other.first for one, other in pairwise(chosen))
    for clip in timeline.clips:
        begin, end = clip.start, timeline.source_end(clip)
        for word in (word for sentence in found for word in sentence.words):
            inside = begin - 20 <= word.start and word.end <= end + 20
            assert inside or word.end <= begin + 20 or word.start >= end - 20


@settings(max_examples=60)
@given(st.integers(1, 120), st.integers(0, 1000))
def test_each_word_of_its_sentences_is_in_it_at_any_rate(rate, seed):
    found, duration = talk(60, seed)
    r = random.Random(seed)
    material = Material(sentences=found, worth=[r.random() for _ in found], duration_ms=duration)
    [one] = reels(material, reel_rate(Fraction(rate)), length_ms=30_000)
    words = [word for i in sorted(one.sentences) for word in found[i].words]
    whole = Transcript((Segment(tuple(w for sentence in found for w in sentence.words)),))
    moved = one.timeline.moved(whole).words
    assert len(moved) == len(words)
    for word, seen in zip(words, moved, strict=True):
        assert word.end - word.start - 50 <= seen.end - seen.start <= word.end - word.start


def test_what_is_worth_most_is_in_it_wherever_it_is():
    found, duration = talk(200)
    long = [s.id for s in found if s.end - s.start > 4000]  # shorter ones are no clip of their own
    best = {long[0], long[len(long) // 3], long[len(long) // 2], long[-1]}
    worth = [1.0 if i in best else 0.1 for i in range(200)]
    _, chosen = made(found, worth, duration, 60)
    covered = {i for clip in chosen for i in range(clip.first, clip.last + 1)}
    assert best <= covered


def test_a_recording_that_is_shorter_is_not_cut():
    found, duration = talk(5)
    timeline, chosen = made(found, [0.5] * 5, duration, 300)
    assert len(timeline.clips) == 1 and abs(timeline.duration_ms - duration) <= 17
    assert [(clip.first, clip.last) for clip in chosen] == [(0, 4)]


def test_of_a_sentence_that_is_too_long_there_is_a_start():
    words = tuple(Word("word", 300 * i, 300 * i + 280) for i in range(100))
    timeline, _ = made([Sentence(0, words)], [1.0], 31_000, 5)
    assert 4000 <= timeline.duration_ms <= 5000


def test_nothing_said_is_no_reel():
    material = Material(sentences=[], worth=[], duration_ms=100_000)
    assert reels(material, RATE, length_ms=30_000) == []


@settings(max_examples=20)
@given(st.integers(2, 6), st.integers(0, 1000))
def test_several_reels_share_no_sentence_and_the_first_is_the_best(count, seed):
    found, duration = talk(120, seed)
    r = random.Random(seed)
    material = Material(sentences=found, worth=[r.random() for _ in found], duration_ms=duration)
    several = reels(material, RATE, length_ms=30_000, count=count)
    assert len(several) == count
    assert sum(len(one.sentences) for one in several) == len(
        frozenset().union(*(one.sentences for one in several))
    )
    assert all(27_000 <= one.timeline.duration_ms <= 30_033 for one in several)
    scores = [sum(clip.score * clip.length for clip in one.chosen) for one in several]
    assert scores[0] == max(scores)


def test_there_are_no_more_reels_than_the_recording_has_matter_for():
    found, duration = talk(12)
    material = Material(sentences=found, worth=[0.5] * 12, duration_ms=duration)
    several = reels(material, RATE, length_ms=20_000, count=20)
    assert 1 <= len(several) < 4
    assert all(one.timeline.duration_ms >= 18_000 for one in several)


def test_what_was_offered_is_taken_and_others_only_where_it_does_not_fill_the_reel():
    found, duration = talk(200)
    material = Material(sentences=found, worth=[0.5] * 200, duration_ms=duration)
    few = [Candidate(first=100, last=101, length=0, score=0.9, title="Here")]
    [one] = reels(material, RATE, length_ms=30_000, offered=few)
    assert 27_000 <= one.timeline.duration_ms <= 30_000
    [theirs] = [clip for clip in one.chosen if clip.offered]
    assert theirs.title == "Here" and theirs.score == pytest.approx(0.9)
    assert all(0 <= clip.score <= 1 for clip in one.chosen)
    many = [Candidate(first=i, last=i + 1, length=0, score=0.5) for i in range(0, 100, 2)]
    [one] = reels(material, RATE, length_ms=30_000, offered=many)
    assert {(clip.first, clip.last) for clip in one.chosen} <= {(c.first, c.last) for c in many}


def test_of_what_was_offered_and_is_too_long_there_is_as_much_as_fits():
    found, duration = talk(200)
    material = Material(sentences=found, worth=[0.5] * 200, duration_ms=duration)
    [one] = reels(
        material,
        RATE,
        length_ms=30_000,
        offered=[Candidate(first=50, last=150, length=0, score=1.0)],
    )
    assert one.chosen[0].first <= 50 <= one.chosen[-1].last
    assert 27_000 <= one.timeline.duration_ms <= 30_000


@pytest.mark.parametrize(("seconds", "count"), [(30, 1), (30, 2), (90, 1), (90, 2)])
def test_what_was_offered_for_the_longest_reel_suits_the_shortest_too(seconds, count):
    found, duration = talk(300)
    material = Material(sentences=found, worth=[0.5] * 300, duration_ms=duration)
    longest_ms = Wish.of(found, [30, 90], count, "en").longest_ms
    offered = []
    for first in range(0, 280, 20):
        last = max(i for i in range(first, 300) if found[i].end - found[first].start <= longest_ms)
        offered.append(Candidate(first=first, last=min(last, first + 18), length=0, score=0.9))
    several = reels(material, RATE, length_ms=seconds * 1000, count=count, offered=offered)
    assert len(several) == count
    for one in several:
        assert 900 * seconds <= one.timeline.duration_ms <= 1000 * seconds
        assert all(clip.offered for clip in one.chosen)
        assert len(one.chosen) <= (1 if seconds == 30 else 4)


def alike(count, each_ms=4000, gap_ms=500):
    """Return sentences that are equally long."""
    step = each_ms + gap_ms
    spans = [(500 + i * step, 500 + i * step + each_ms) for i in range(count)]
    found = [Sentence(i, (Word("word", *span),)) for i, span in enumerate(spans)]
    return Material(sentences=found, worth=[0.5] * count, duration_ms=count * step + 1000)


def offered_of(r):
    """Return a material, and parts of it that a model may offer: in order, of any score."""
    lengths = r.choice([(300, 1500), (2000, 7000), (4000, 4000), (6000, 12_000)])
    pauses = r.choice([(500, 500), (60, 1500), (300, 3000), (2600, 4000)])
    now, found = 500, []
    for i in range(r.randint(2, 30)):
        length = r.randint(*lengths)
        found.append(Sentence(i, (Word("word", now, now + length),)))
        now += length + r.randint(*pauses)
    offered, at = [], 0
    while at < len(found):
        last = min(len(found) - 1, at + r.choice([0, 1, 3, 3, 4, 9]))
        if r.random() < 0.8:
            score = r.choice([0.0, 0.3, 0.9, 1.0])
            offered.append(Candidate(first=at, last=last, length=0, score=score))
        at = last + 1
    worth = [r.random() for _ in found]
    return Material(sentences=found, worth=worth, duration_ms=now), offered


@settings(max_examples=150)
@given(st.integers(0, 10**6), st.sampled_from([6000, 9000, 12_000, 17_000, 30_000, 60_000]))
@example(77, 12_000)
def test_no_offer_makes_a_reel_too_short(seed, length_ms):
    material, offered = offered_of(random.Random(seed))
    theirs, own = (
        [one.timeline.duration_ms for one in reels(material, RATE, length_ms=length_ms, offered=o)]
        for o in (offered, ())
    )
    assert len(theirs) == len(own) == 1 and theirs[0] <= length_ms
    assert theirs[0] >= min(0.9 * length_ms, own[0])


@pytest.mark.parametrize("score", [0.0, 0.9])
@pytest.mark.parametrize("size", [4, 5])
def test_what_was_offered_can_be_filled_up_with_what_else_was_offered(size, score):
    offered = [
        Candidate(first=i, last=i + size - 1, length=0, score=score) for i in range(0, 60, size)
    ]
    [one] = reels(alike(60), RATE, length_ms=30_000, offered=offered)
    assert 27_000 <= one.timeline.duration_ms <= 30_000


def talked(texts, language, worth):
    found, duration = spoken(texts, language)
    assert len(found) == len(texts)
    return Material(
        sentences=found,
        worth=[worth(i, text) for i, text in enumerate(texts)],
        duration_ms=duration,
        language=language,
    )


TALKS = pytest.mark.parametrize(("texts", "language"), [(BREAD, "en"), (BICYCLE, "de")])


def by_ranking(texts, language):
    found, _ = spoken(texts, language)
    worth = Extractive(found, language).worths([None] * len(found))
    return talked(texts, language, lambda i, _: worth[i])


@TALKS
@pytest.mark.parametrize("seconds", [20, 30, 45, 60])
def test_a_clip_ends_with_no_question_and_a_reel_with_no_small_talk(texts, language, seconds):
    material = by_ranking(texts, language)
    [one] = reels(material, RATE, length_ms=seconds * 1000)
    assert 900 * seconds <= one.timeline.duration_ms <= 1000 * seconds
    assert not any(clip.last in material.asking for clip in one.chosen)
    assert material.worth[one.chosen[-1].last] > 0.1


def test_a_question_is_in_a_reel_with_its_answer():
    asked = BREAD.index("Peter asks whether rye flour makes a better starter.")
    material = talked(BREAD, "en", lambda i, _: 1.0 if i == asked else 0.2)
    [one] = reels(material, RATE, length_ms=30_000)
    [clip] = [clip for clip in one.chosen if clip.first <= asked <= clip.last]
    assert clip.last > asked


def test_what_refers_back_has_what_it_refers_to():
    simple = BREAD.index("The reason was simple: I never looked after my starter.")
    material = talked(BREAD, "en", lambda i, _: 0.8 if i == simple else 0.3)
    [one] = reels(material, RATE, length_ms=30_000)
    [clip] = [clip for clip in one.chosen if clip.first <= simple <= clip.last]
    assert clip.first < simple


@TALKS
def test_one_of_several_short_reels_is_one_passage(texts, language):
    several = reels(by_ranking(texts, language), RATE, length_ms=20_000, count=3)
    assert len(several) == 3 and max(len(one.chosen) for one in several) <= 2
    assert sum(len(one.chosen) == 1 for one in several) >= 2


@given(st.integers(0, 300), st.integers(1, 3))
def test_between_two_clips_something_is_left_out(seed, count):
    found, duration = talk(60, seed)
    r = random.Random(seed)
    material = Material(sentences=found, worth=[r.random() for _ in found], duration_ms=duration)
    for one in reels(material, RATE, length_ms=12_000, count=count):
        assert all(b.first > a.last + 1 for a, b in pairwise(one.chosen))


def test_clips_that_were_offered_are_trimmed_so_that_more_of_them_fit():
    found, duration = talk(200)
    material = Material(sentences=found, worth=[0.5] * 200, duration_ms=duration)
    offered = []
    for first in range(0, 200, 30):
        last = next(i for i in range(first, 200) if material.length(first, i) >= 20_500)
        offered.append(Candidate(first=first, last=last, length=0, score=0.9))
    [one] = reels(material, RATE, length_ms=60_000, offered=offered)
    assert 54_000 <= one.timeline.duration_ms <= 60_000
    assert len(one.chosen) >= 3 and all(clip.offered for clip in one.chosen)


def test_a_clip_that_was_offered_takes_its_neighbours_in_rather_than_small_talk_far_away():
    best_at = BREAD.index("Sourdough needs strong flour, because weak gluten tears.")
    material = talked(BREAD, "en", lambda i, _: 0.3 if abs(i - best_at) < 6 else 0.01)
    length = material.length(best_at, best_at + 3) + 5500
    offered = [Candidate(first=best_at, last=best_at + 3, length=0, score=0.9, title="Gluten")]
    [one] = reels(material, RATE, length_ms=length, offered=offered)
    assert 0.9 * length <= one.timeline.duration_ms <= length
    [clip] = one.chosen
    assert clip.title == "Gluten" and clip.first <= best_at and clip.last >= best_at + 3


@given(st.integers(0, 300))
def test_what_is_removed_is_in_no_clip_and_does_not_count(seed):
    found, duration = talk(80, seed)
    removed = [(s.words[0].end, s.words[0].end + 40) for s in found if len(s.words) > 4]
    removed = [(a, b) for a, b in removed if b - a == 40]
    material = Material(sentences=found, worth=[0.5] * 80, duration_ms=duration, removed=removed)
    [one] = reels(material, RATE, length_ms=30_000)
    assert 27_000 <= one.timeline.duration_ms <= 30_033
    assert [clip for part in one.parts for clip in part] == list(one.timeline.clips)
    for part in one.parts:
        for clip, other in pairwise(part):
            gap = other.start - one.timeline.source_end(clip)
            assert abs(gap - 40) <= 17


@settings(max_examples=60)
@given(st.data())
def test_nothing_that_may_be_said_offered_or_left_out_is_no_reel_or_a_good_one(data):
    """Words may be tiny and without gaps, what is left out may touch them, and rates be low."""
    gaps = st.sampled_from([0, 0, 20, 300, 5000])
    now, found = 0, []
    for i in range(data.draw(st.integers(1, 25))):
        words = []
        for _ in range(data.draw(st.integers(1, 6))):
            length = data.draw(st.sampled_from([1, 20, 200, 900]))
            words.append(Word("word", now, now + length))
            now += length + data.draw(gaps)
        found.append(Sentence(i, tuple(words)))
    words = [word for sentence in found for word in sentence.words]
    out = [(w.start, w.end) for w in words if data.draw(st.booleans()) and w.end - w.start >= 120]
    spans = st.tuples(*(st.integers(0, len(found) - 1),) * 2).map(sorted)
    offered = [
        Candidate(first=a, last=b, length=0, score=0.5)
        for a, b in data.draw(st.lists(spans, max_size=2))
    ]
    offered = offered[:1] if len(offered) == 2 and offered[1].first <= offered[0].last else offered
    material = Material(
        sentences=found, worth=[0.5] * len(found), duration_ms=now + 300, removed=out
    )
    rate, seconds = data.draw(st.sampled_from([1, 25, 60])), data.draw(st.sampled_from([3, 20]))
    several = reels(material, Fraction(rate), length_ms=seconds * 1000, count=2, offered=offered)
    for one in several:
        assert 2 <= one.timeline.frames <= seconds * rate + 1
        assert all(clip.frames >= 2 for clip in one.timeline.clips)
        for clip in one.chosen if now + 300 > seconds * 1000 else ():
            gaps_inside = pairwise(found[clip.first : clip.last + 1])
            assert all(b.start - a.end <= 2500 for a, b in gaps_inside)


def test_short_sentences_far_apart_fill_a_reel_too():
    found = [
        Sentence(
            i, tuple(Word("word", 5500 * i + 400 * n, 5500 * i + 400 * n + 350) for n in (0, 1, 2))
        )
        for i in range(100)
    ]
    material = Material(sentences=found, worth=[0.5] * 100, duration_ms=560_000)
    [one] = reels(material, RATE, length_ms=60_000)
    assert 54_000 <= one.timeline.duration_ms <= 60_000


def test_a_sentence_that_fits_is_shown_to_its_end():
    found = [
        Sentence(
            i, tuple(Word("w", 23_000 * i + 400 * n, 23_000 * i + 400 * n + 350) for n in range(55))
        )
        for i in range(30)
    ]
    material = Material(sentences=found, worth=[0.5] * 30, duration_ms=700_000)
    [one] = reels(material, RATE, length_ms=30_000)
    last = one.timeline.clips[-1]
    assert one.timeline.source_end(last) >= found[one.chosen[-1].last].end


@pytest.mark.parametrize(("pauses", "seconds"), [((3000,), 6000), ((300, 900, 3000), 7000)])
def test_hours_of_a_recording_with_pauses_make_a_long_reel_of_few_stretches(pauses, seconds):
    r, now, found = random.Random(4), 700, []
    for i in range(2400):
        length = r.randint(2000, 8000)
        found.append(Sentence(i, (Word("word", now, now + length),)))
        now += length + r.choice(pauses)
    worth = [r.random() ** 2 for _ in found]
    material = Material(sentences=found, worth=worth, duration_ms=now)
    [one] = reels(material, RATE, length_ms=seconds * 1000)
    assert 900 * seconds <= one.timeline.duration_ms <= 1000 * seconds
    assert len(stretches(one.timeline)) <= 60
    chosen = sum(worth[i] for i in one.sentences) / len(one.sentences)
    assert chosen > 1.1 * sum(worth) / len(worth), "the better ones"
