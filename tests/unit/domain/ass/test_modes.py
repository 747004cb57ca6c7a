import re

import pytest

from karaokify_daemon.domain.ass import MODES
from tests.support.captions import captions, look

WORDS = [("Moon", 1000, 1400), ("brings", 1400, 1900), ("rain.", 2600, 3003)]


def events(mode, *words, **options):
    return list(MODES[mode](captions(*words or WORDS), look(mode=mode, **options)))


def sweeps(event):
    """Return (start, end) of each word's sweep in milliseconds, from the tags alone."""
    now, found = (event.start + 5) // 10, []
    for kind, length in re.findall(r"\\(k|kf)(\d+)", event.text):
        if kind == "kf":
            found.append((now * 10, (now + int(length)) * 10))
        now += int(length)
    return found


@pytest.mark.parametrize("mode", ["sweep", "teleprompter", "classic"])
def test_each_sweep_starts_and_ends_with_its_word_and_gaps_are_explicit(mode):
    (swept,) = [event for event in events(mode) if "\\kf" in event.text]
    assert sweeps(swept) == [(1000, 1400), (1400, 1900), (2600, 3000)]


def test_rounding_does_not_add_up():
    words = [(str(i), 1003 * i, 1003 * i + 997) for i in range(60)]
    found = [s for event in events("sweep", *words) for s in sweeps(event)]
    for (start, end), word in zip(found, words, strict=True):
        assert abs(start - word[1]) <= 5 and abs(end - word[2]) <= 5


@pytest.mark.parametrize("mode", ["color", "box"])
def test_a_word_has_its_colour_while_it_is_said(mode):
    text = events(mode)[-1].text
    begin = events(mode)[-1].start // 10 * 10
    switched = [int(at) + begin for at in re.findall(r"\\t\((\d+),", text)]
    assert switched == [1000, 1400, 1400, 1900, 2600, 3003]


def test_a_word_that_is_said_from_the_first_has_its_colour_from_the_first():
    (event,) = events("color", ("Now", 0, 500))
    assert "\\1c&H3DC8FF&\\t(500,500,\\1c&HFFFFFF&)}Now" in event.text


def test_a_box_lies_behind_each_word_while_it_is_said():
    *boxes, row = events("box", padding=10)
    assert [(b.start, b.end) for b in boxes] == [(1000, 1400), (1400, 1900), (2600, 3003)]
    assert all(b.layer < row.layer and "\\p1" in b.text for b in boxes)
    places = [float(re.search(r"pos\((\d+)", b.text)[1]) for b in boxes]
    assert places == sorted(places)


def test_a_word_that_pops_is_shown_once_at_a_time():
    row, *alone = events("pop")
    assert [(e.start, e.end) for e in alone] == [(1000, 1400), (1400, 1900), (2600, 3003)]
    for n, event in enumerate(alone):
        shown = re.findall(r"\\alpha&H(00|FF)&", event.text)
        assert shown == ["00" if i == n else "FF" for i in range(3)]
    assert row.text.count("\\alpha&HFF&") == 3, "each is hidden below while it is shown above"


def test_words_are_revealed_when_they_are_said():
    (event,) = events("reveal")
    begin = event.start // 10 * 10
    starts = re.findall(r"\\alpha&HFF&\\1c&H3DC8FF&\\t\((\d+),", event.text)
    assert [int(start) + begin for start in starts] == [1000, 1400, 2600]


def test_one_word_follows_the_other_in_punch():
    found = events("punch")
    assert [e.start for e in found] == [1000, 1400, 2600]
    assert [e.end for e in found][:2] == [1400, 2600] and found[-1].end > 3003


def test_neon_lights_up_and_stays():
    glow, core = events("neon", glow=12)
    for event in (glow, core):
        begin = event.start // 10 * 10
        assert [int(at) + begin for at in re.findall(r"\\t\((\d+),", event.text)] == [
            1000,
            1400,
            2600,
        ]
    assert "\\blur12" in glow.text and glow.layer < core.layer
