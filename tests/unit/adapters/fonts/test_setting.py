"""Text is set in the style's font and, where that lacks something, in fonts that have it."""

import pytest

from karaokify_daemon.adapters.fonts import Library, Setting
from karaokify_daemon.adapters.shipped import shipped


@pytest.fixture
def setting():
    return Setting(
        Library([shipped("fonts")], system=False), "Open Sans", instead="Open Sans", bold=True
    )


def fonts(setting, text):
    return [(run.font, run.text) for run in setting.runs(text)]


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Größe Ωμέγα Їжак", None),
        ("שלום", "Noto Sans Hebrew"),
        ("مرحبا", "Noto Sans Arabic"),
        ("क्षत्रिय", "Noto Sans Devanagari"),
        ("น้ำ", "Noto Sans Thai"),
    ],
)
def test_each_script_has_a_font(setting, text, family):
    assert fonts(setting, text) == [(family, text)]
    assert not setting.missing


def test_spaces_are_the_styles_own_and_punctuation_goes_with_its_letters(setting):
    hindi = "Noto Sans Devanagari"
    assert fonts(setting, "(में) Hi, में,") == [
        (hindi, "(में)"),
        (None, " Hi, "),
        (hindi, "में,"),
    ]


def test_a_mark_stays_with_its_letter(setting):
    # Open Sans has the letter, and not the mark: libass would look for it elsewhere alone.
    assert fonts(setting, "a\u0308x") == [(None, "\u00e4x")]


def test_a_letter_that_no_font_has_is_named_once_and_kept(setting):
    assert fonts(setting, "a\U0001e2c0\U0001e2c0") == [(None, "a\U0001e2c0\U0001e2c0")]
    assert list(setting.missing) == ["\U0001e2c0"]


def test_an_emoji_that_no_font_has_is_left_out(setting):
    assert fonts(setting, "ok \U0001f44d\U0001f3fd\ufe0f yes") == [(None, "ok  yes")]
    assert list(setting.missing) == ["\U0001f44d"]


def test_the_width_is_that_of_shaped_and_kerned_text(setting):
    apart = sum(setting.width(letter) for letter in "AVAT")
    assert setting.width("AVAT") < apart - 0.05
    assert setting.width("مرحبا") < sum(map(setting.width, "مرحبا")), "its letters are joined"
    assert setting.width("a b") == pytest.approx(
        setting.width("a") + setting.width(" ") + setting.width("b")
    )


def test_only_the_files_that_were_used_are_named(setting):
    assert [path.name for path in setting.files] == ["OpenSans-Bold.ttf"]
    setting.runs("שלום")
    assert [path.name for path in setting.files] == ["OpenSans-Bold.ttf", "NotoSansHebrew-Bold.ttf"]


@pytest.mark.parametrize(("bold", "name"), [(True, "Bold"), (False, "Regular")])
def test_the_weight_is_the_styles(bold, name):
    library = Library([shipped("fonts")], system=False)
    setting = Setting(library, "No Such Font", instead="Open Sans", bold=bold)
    setting.runs("שלום")
    assert setting.family == "Open Sans"
    assert [path.stem for path in setting.files] == [f"OpenSans-{name}", f"NotoSansHebrew-{name}"]


def test_without_any_font_it_cannot_be_set(tmp_path):
    with pytest.raises(FileNotFoundError, match="Open Sans"):
        Setting(Library([tmp_path], system=False), "X", instead="Open Sans", bold=True)
