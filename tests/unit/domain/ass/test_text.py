import re

from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.ass.text import Event, escape, rounded_box


@given(st.text())
def test_no_text_becomes_a_tag_a_break_or_another_event(text):
    shown = escape(text)
    assert not re.search(r"(?<!\\)[{}]", shown), "every brace is escaped"
    assert not re.search(r"\\[^{}\u2060]", shown), "no backslash meets a letter"
    assert "\n" not in shown and "\r" not in shown
    shown.encode()


def test_an_event_is_a_line_of_the_script():
    event = Event(start=1004, end=3_723_456, text="Hello", layer=2)
    assert str(event) == "Dialogue: 2,0:00:01.00,1:02:03.46,Caption,,0,0,0,,Hello"


@given(st.floats(0, 5000), st.floats(0, 5000), st.floats(0, 5000))
def test_a_box_is_as_large_as_asked_for_however_round(width, height, radius):
    numbers = [int(n) for n in re.findall(r"-?\d+", rounded_box(width, height, radius))]
    xs, ys = numbers[::2], numbers[1::2]
    assert (min(xs), min(ys)) == (0, 0)
    assert (max(xs), max(ys)) == (round(width), round(height))
