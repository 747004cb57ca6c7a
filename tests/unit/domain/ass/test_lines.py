import itertools
import re
from dataclasses import replace

import pytest

from karaokify_daemon.domain.ass import MODES, dialogues
from tests.support.captions import captions, look

SONG = [(f"w{i}.", start, start + 900) for i, start in enumerate((6000, 7000, 8000, 9000, 20_000))]


def rows(mode, words=SONG):
    said = captions(*words, max_chars=4, max_rows=1)
    return said, list(MODES[mode](said, look(mode=mode, rows=1)))


def place_of(event):
    found = re.search(r"\\(?:pos\(|move\(\d+,\d+,)(\d+),(\d+)", event.text)
    return float(found[2])


def test_a_teleprompter_shows_every_row_after_next_now_and_before():
    said, events = rows("teleprompter")
    for n, caption in enumerate(said):
        shown = sorted((e.start, place_of(e)) for e in events if e.text.endswith(f"w{n}."))
        places = [place for _, place in shown]
        assert places == sorted(places, reverse=True), "it goes up"
        assert len(places) == 3 - (n == 0) - (n == len(said) - 1)
        assert any(start == caption.start for start, _ in shown)


def test_a_teleprompter_never_shows_two_rows_at_one_place():
    _, events = rows("teleprompter")
    for a, b in itertools.combinations(events, 2):
        if place_of(a) == place_of(b):
            assert a.end <= b.start or b.end <= a.start


def test_rows_of_a_song_take_turns_and_stand_there_before_they_are_sung():
    said, events = rows("classic")
    sung = [event for event in events if "\\kf" in event.text]
    assert [place_of(e) for e in sung[:3:2]] == [place_of(sung[0])] * 2 != [place_of(sung[1])] * 2
    for caption, event in zip(said, sung, strict=True):
        assert caption.words[0].start - event.start >= 700
    for a, b in itertools.combinations(sung, 2):
        if place_of(a) == place_of(b):
            assert a.end <= b.start


def test_a_rest_ends_with_a_count():
    _, events = rows("classic")
    dots = [event for event in events if "\\p1" in event.text]
    gone = sorted(dot.end for dot in dots)
    assert gone == [4600, 5300, 6000, 18_600, 19_300, 20_000]


@pytest.mark.parametrize("mode", MODES)
def test_nothing_of_a_part_of_a_reel_is_seen_in_another(mode):
    parts = ((0, 7950), (7950, 19_800), (19_800, 21_000))
    said = captions(*SONG, max_chars=4, max_rows=1, parts=parts)
    shown = look(mode=mode, rows=1, band=True)
    events = dialogues(said, shown)
    alone = [
        dialogues([caption for caption in said if caption.part == part], shown) for part in parts
    ]
    assert sorted(map(str, events)) == sorted(str(e) for some in alone for e in some)
    for (begin, end), some in zip(parts, alone, strict=True):
        assert some and all(begin <= e.start < e.end <= end for e in some)


def test_captions_of_a_recording_know_no_parts():
    said = captions(*SONG, max_chars=4, max_rows=1)
    shifted = [replace(c, part=(0, 10**9)) for c in said]
    shown = look(mode="classic", rows=1)
    assert dialogues(said, shown) == dialogues(shifted, shown)
