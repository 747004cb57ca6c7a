from fractions import Fraction

import pytest

from karaokify_daemon.config import from_dict
from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.material import Reel
from karaokify_daemon.domain.timeline import Cut
from karaokify_daemon.pipeline.clip_titles import chapters_of, clip_titles
from karaokify_daemon.pipeline.named_reels import NamedReel

# 5 s, 4.9 s of which 0.1 s lie within the first, and 1.5 s of which the same is true.
CUTS = [
    [Cut(start=1000, end=6000, tail=100)],
    [Cut(start=9000, end=11_000, lead=100), Cut(start=12_000, end=14_900, tail=100)],
    [Cut(start=20_000, end=21_500, lead=100)],
]


def named(*titles, title="Coral reefs"):
    chosen = [Candidate(first=i, last=i, length=0, score=1.0) for i, _ in enumerate(titles)]
    reel = Reel.cut(chosen, CUTS[: len(titles)], Fraction(50))
    facts = {"ending": ".highlights", "asked_ms": 12_000, "title": title}
    return NamedReel(**facts, reel=reel, titles=titles, labels=titles)


def shown(reel, highlights=None, **video):
    return list(clip_titles(reel, from_dict({"video": video, "highlights": highlights or {}})))


def test_titles_are_shown_while_their_clips_are_seen_alone():
    assert shown(named("Algae", "Bleaching")) == [(0, 4900, "Algae"), (5000, 9780, "Bleaching")]


def test_what_is_too_short_or_says_nothing_new_has_no_title():
    assert shown(named("Reefs", "Bleaching", "Ropes")) == [(5000, 9680, "Bleaching")]
    assert shown(named("", "Bleaching")) == [(5000, 9780, "Bleaching")]


def test_one_clip_alone_has_none_nor_where_they_are_not_wanted():
    assert shown(named("Algae")) == []
    assert shown(named("Algae", "Bleaching"), {"clip_titles": False}) == []


@pytest.mark.parametrize("where", ["card", "lower-third"])
def test_where_the_title_of_the_reel_is_none_else_is(where):
    both = named("Algae", "Bleaching")
    assert shown(both, title_as=where) == [(5000, 9780, "Bleaching")]
    assert len(shown(both, title_as=where, title="")) == 2


def chapters(*titles):
    return [(chapter.start, chapter.title) for chapter in chapters_of(named(*titles))]


def test_clips_are_chapters():
    assert chapters("Algae", "Bleaching", "Ropes") == [
        (0, "Algae"),
        (4900, "Bleaching"),
        (9680, "Ropes"),
    ]


def test_the_first_chapter_begins_at_once_and_no_two_in_a_row_are_the_same():
    assert chapters("", "Algae", "Ropes") == [(0, "Algae"), (9680, "Ropes")]
    assert chapters("Algae", "Algae", "Ropes") == [(0, "Algae"), (9680, "Ropes")]
    assert chapters("Algae", "", "Ropes") == [(0, "Algae"), (9680, "Ropes")]


@pytest.mark.parametrize("titles", [("Algae",), ("Algae", ""), ("", ""), ("Algae", "Algae")])
def test_one_chapter_is_none(titles):
    assert chapters(*titles) == []
