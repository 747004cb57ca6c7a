"""A font says what it is called, what it covers, and how large libass draws it."""

import pytest

from karaokify_daemon.adapters.fonts.face import Face
from karaokify_daemon.adapters.shipped import shipped


def test_a_font_knows_itself():
    face = Face(shipped("fonts") / "OpenSans-Bold.ttf")
    assert (face.family, face.weight) == ("Open Sans", 700)
    assert "open sans bold" in face.names
    assert face.line_per_em == pytest.approx(1.362, abs=0.001)
    assert face.covers("aΩЯ")
    assert not face.covers("aש")


def test_letters_are_told_from_left_to_right():
    face = Face(shipped("fonts") / "NotoSansHebrew-Bold.ttf")
    assert [character for character, _ in face.clusters("אבג")] == [2, 1, 0]


@pytest.mark.parametrize("content", [b"", b"not a font", b"\0\1\0\0" + 60 * b"\xff"])
def test_what_is_no_font_is_refused(tmp_path, content):
    path = tmp_path / "a.ttf"
    path.write_bytes(content)
    with pytest.raises((OSError, ValueError)):
        Face(path)


def test_a_font_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(OSError, match="cannot be read"):
        Face(tmp_path / "a.ttf")
