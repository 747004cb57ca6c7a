import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.ass import Title
from karaokify_daemon.domain.ass.titles import titled
from tests.support.captions import look

KINDS = ("header", "card", "lower-third")
LONG = 60_000


def places(events):
    """Return where each event comes to rest."""
    found = [
        re.search(r"\\(?:pos\(|move\([-\d]+,[-\d]+,)([-\d]+),([-\d]+)", e.text) for e in events
    ]
    return [(float(match[1]), float(match[2])) for match in found if match]


@pytest.mark.parametrize(("kind", "seconds"), [("header", 60), ("card", 4), ("lower-third", 7.6)])
def test_each_kind_of_title_has_its_time(kind, seconds):
    events = titled(Title(text="A title", byline="by me", kind=kind), look(), LONG)
    assert max(event.end for event in events) == seconds * 1000
    assert any("A title" in event.text for event in events)
    assert any("by me" in event.text for event in events) == (kind != "header")


@pytest.mark.parametrize("kind", KINDS)
def test_a_title_ends_with_a_short_video(kind):
    events = titled(Title(text="A title", byline="by me", kind=kind), look(), 500)
    assert events and all(0 <= event.start < event.end <= 500 for event in events)


@pytest.mark.parametrize("anchor", ["bottom", "middle"])
def test_a_lower_third_stands_above_captions_that_are_at_the_bottom(anchor):
    shown = look(anchor=anchor)
    events = titled(Title(text="A", byline="b", kind="lower-third"), shown, LONG)
    captions = shown.height - shown.bottom - (shown.rows * shown.pitch if anchor == "bottom" else 0)
    assert all(x >= round(shown.side) and y < captions for x, y in places(events))


@given(st.text(max_size=400), st.text(max_size=400), st.sampled_from(KINDS))
def test_no_text_becomes_a_tag_or_leaves_its_room(text, byline, kind):
    shown = look()
    for event in titled(Title(text=text, byline=byline, kind=kind), shown, LONG):
        tags = re.match(r"\{[^{}]*\}", event.text)
        assert tags and not re.search(r"(?<!\\)[{}]", event.text[tags.end() :])
        percent = int(re.search(r"\\fscx(\d+)", tags[0])[1]) if "fscx" in tags[0] else 100
        if event.style == "Title":
            rows = event.text[tags.end() :].replace("\u2060", "").split("\\N")
            size = 0.0432 * shown.height * percent / 100
            widest = max(shown.title_typeface.width(row.replace("\\", "")) for row in rows) * size
            assert widest <= shown.room * 1.02


def test_a_long_byline_is_smaller_before_it_is_cut():
    texts = ["with Ada", "with Ada Lovelace, " * 4, "with Ada Lovelace, " * 30]
    events = [titled(Title(text="A", byline=text, kind="card"), look(), LONG)[-1] for text in texts]
    percents = [int(re.search(r"\\fscx(\d+)", event.text)[1]) for event in events]
    assert percents[0] > percents[1] >= percents[2]
    assert "…" not in events[1].text and "…" in events[2].text


@pytest.mark.parametrize("kind", ["header", "card"])
def test_a_title_is_smaller_before_any_of_it_is_cut(kind):
    upright = look(width=1080, height=1920, side=130)
    for text in (
        "WE SHOUT EVERYTHING IN CAPITAL LETTERS ALL OF THE TIME",
        "Donaudampfschifffahrtsgesellschaft und andere",
    ):
        shown = titled(Title(text=text, kind=kind), upright, LONG)
        assert not any("…" in event.text for event in shown)


def test_the_title_of_a_clip_is_shown_within_the_times_of_the_clip():
    shown = titled(Title(text="A clip", kind="lower-third", times=(9000, 12_000)), look(), LONG)
    assert shown and all(event.start >= 9000 and event.end == 12_000 for event in shown)
    longer = titled(Title(text="A clip", kind="lower-third", times=(9000, 50_000)), look(), LONG)
    assert all(event.end - event.start == 7000 for event in longer)
