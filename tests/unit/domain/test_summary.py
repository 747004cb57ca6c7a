import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.digest import Digest, Point
from karaokify_daemon.domain.summary import escaped, link, summary

STARTS = (0, 83_900, 3_600_000)
WHOLE = Digest(
    title="Reefs",
    summary="Reefs are built by animals.",
    points=(Point(sentence=1, text="They bleach"),),
    chapters=(Point(sentence=0, text="Start"), Point(sentence=2, text="End")),
    file_name="reefs",
)


def test_a_summary_links_its_times_to_the_video():
    assert summary(WHOLE, STARTS, "talk", "my talk.mp4") == (
        "# Reefs\n\nReefs are built by animals.\n\n"
        "## Key points\n\n- [1:23](my%20talk.mp4#t=83) They bleach\n\n"
        "## Chapters\n\n- [0:00](my%20talk.mp4#t=0) Start\n"
        "- [1:00:00](my%20talk.mp4#t=3600) End\n\n"
        "Suggested file name: reefs\n"
    )


def test_without_a_video_there_are_times_only_and_without_a_title_the_name():
    made = summary(Digest(points=WHOLE.points), STARTS, "talk", None)
    assert made == "# talk\n\n## Key points\n\n- 1:23 They bleach\n"


def test_nothing_to_tell_is_no_summary():
    assert summary(Digest(title="Reefs"), STARTS, "talk", "talk.mp4") == ""


def test_links_follow_a_video_that_gets_another_name():
    made = link("my talk.mp4", "my talk-2.mp4", summary(WHOLE, STARTS, "talk", "my talk.mp4"))
    assert made == summary(WHOLE, STARTS, "talk", "my talk-2.mp4")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# not a head", "\\# not a head"),
        ("12. not a list", "12\\. not a list"),
        ("- nor this", "\\- nor this"),
        ("[a](javascript:x) <script> `c`", "\\[a\\](javascript:x) \\<script\\> \\`c\\`"),
        ("two\nlines\x1b[31m", "two lines\\[31m"),
        (
            "see https://evil.example, www.evil.example",
            "see https\\://evil.example, www\\.evil.example",
        ),
        ("me@evil.example, mailto:me", "me\\@evil.example, mailto\\:me"),
        ("plain text, as usual.", "plain text, as usual."),
    ],
)
def test_what_was_said_is_never_markup(text, shown):
    assert escaped(text) == shown


@given(st.text(max_size=200))
def test_any_text_stays_in_its_line(text):
    made = summary(Digest(title=text, points=(Point(sentence=1, text=text),)), STARTS, "x", "v.mp4")
    assert made.count("\n") == 5
