import pysubs2
import pytest

from karaokify_daemon.domain.ass import MODES, Title, document, events
from tests.support.captions import captions, look


def written(said, shown, **options):
    return document(events(said, shown, **options), shown)


def test_the_script_is_read_by_others_with_title_and_notice():
    text = written(
        [], look(), title=Title(text="A title"), notice="No speech found", duration_ms=9000
    )
    read = pysubs2.SSAFile.from_string(text)
    assert {(e.style, e.plaintext, e.end) for e in read} == {
        ("Title", "A title", 9000),
        ("Notice", "No speech found", 5000),
    }
    assert read.info["PlayResX"] == "1920" and read.info["WrapStyle"] == "2"


@pytest.mark.parametrize("mode", MODES)
def test_what_is_said_is_read_by_others_in_every_mode(mode):
    said = captions(("Hello", 1000, 1300), ("{world}", 1500, 2100))
    text = written(said, look(mode=mode), title=None, duration_ms=9000)
    read = pysubs2.SSAFile.from_string(text)
    assert any("Hello" in event.plaintext for event in read)
    assert {event.style for event in read} <= set(read.styles)
    assert all(0 <= event.start < event.end for event in read)


@pytest.mark.parametrize(("title", "rows"), [("short", 1), ("word " * 40, 2), ("x" * 500, 1)])
def test_titles_stand_in_as_few_rows_as_they_need(title, rows):
    text = written([], look(), title=Title(text=title), duration_ms=1000)
    assert text.splitlines()[-1].count("\\N") == rows - 1


@pytest.mark.parametrize("title", ["", " \n", "\u200b\u2060"])
def test_a_title_of_which_nothing_is_seen_is_none(title):
    assert "Dialogue" not in written([], look(), title=Title(text=title), duration_ms=1000)


def test_a_title_is_as_large_in_every_style():
    sizes = {
        pysubs2.SSAFile.from_string(
            written([], look(size=size), title=Title(text="A title"), duration_ms=1000)
        )
        .styles["Title"]
        .fontsize
        for size in (40, 160)
    }
    assert len(sizes) == 1


def test_a_band_and_a_bar_lie_behind_the_rows_and_a_progress_bar_grows_to_the_end():
    said = captions(("Hello", 1000, 1300))
    plain = written(said, look(), title=None, duration_ms=9000)
    rich = written(said, look(band=True, accent=True, progress=True), title=None, duration_ms=9000)
    read = pysubs2.SSAFile.from_string(rich)
    drawn = [event for event in read if event.style == "Box"]
    assert len(drawn) == 4 and "Dialogue: 0,0:00:00.70,0:00:02.00,Box" in rich
    assert sum("\\t(0,9000,1,\\fscx100)" in event.text for event in drawn) == 1
    assert "Box,," not in plain
