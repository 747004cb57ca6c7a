import re

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.ass import AssStyle, dialogues, document, escape
from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

STYLE = AssStyle(
    width=1920,
    height=1080,
    font="Open Sans",
    size=65,
    text_color="#FFFFFF",
    highlight_color="#FFC83D",
    outline_color="#000000",
    bottom=200,
    top=60,
)


def captions(*words):
    said = tuple(Word(*word) for word in words)
    return caption_lines(Transcript((Segment(said),)) if said else Transcript(()), max_chars=40)


def sweeps(line):
    """Return (start, end) of each word's sweep in milliseconds, from the tags alone."""
    clock = re.search(r"Dialogue: \d+,(\d+):(\d+):(\d+)\.(\d+)", line)
    hours, minutes, seconds, hundredths = map(int, clock.groups())
    now = ((hours * 60 + minutes) * 60 + seconds) * 100 + hundredths
    found = []
    for kind, length in re.findall(r"\\(k|kf)(\d+)", line):
        if kind == "kf":
            found.append((now * 10, (now + int(length)) * 10))
        now += int(length)
    return found


def test_each_sweep_starts_and_ends_with_its_word_and_gaps_are_explicit():
    line = dialogues(captions(("a", 1000, 1300), ("b", 1500, 1512), ("c", 1512, 2004)))[0]
    assert sweeps(line) == [(1000, 1300), (1500, 1510), (1510, 2000)]


def test_rounding_does_not_add_up():
    words = [(str(i), 1003 * i, 1003 * i + 997) for i in range(60)]
    found = [s for line in dialogues(captions(*words)) for s in sweeps(line)]
    for (start, end), word in zip(found, words, strict=True):
        assert abs(start - word[1]) <= 5 and abs(end - word[2]) <= 5


def test_the_script_is_read_by_others_with_title_and_notice():
    text = document([], STYLE, title="A title", notice="No speech found", duration_ms=9000)
    read = pysubs2.SSAFile.from_string(text)
    assert {(e.style, e.plaintext, e.end) for e in read} == {
        ("Title", "A title", 9000),
        ("Notice", "No speech found", 5000),
    }
    assert read.info["PlayResX"] == "1920" and read.info["WrapStyle"] == "2"


@pytest.mark.parametrize(("title", "rows"), [("short", 1), ("word " * 40, 2), ("x" * 500, 1)])
def test_titles_stand_in_as_few_rows_as_they_need(title, rows):
    text = document([], STYLE, title=title, duration_ms=1000)
    assert text.splitlines()[-1].count("\\N") == rows - 1


@pytest.mark.parametrize("title", ["", " \n", "\u200b\u2060"])
def test_a_title_of_which_nothing_is_seen_is_none(title):
    assert "Dialogue" not in document([], STYLE, title=title, duration_ms=1000)


@given(st.text())
def test_no_text_becomes_a_tag_a_break_or_another_event(text):
    shown = escape(text)
    assert not re.search(r"(?<!\\)[{}]", shown), "every brace is escaped"
    assert not re.search(r"\\[^{}\u2060]", shown), "no backslash meets a letter"
    assert "\n" not in shown and "\r" not in shown
    shown.encode()
