"""Which font is chosen of those there are."""

import shutil

import pytest

from karaokify_daemon.adapters.fonts import library as module
from karaokify_daemon.adapters.fonts.installed import Installed, installed
from karaokify_daemon.adapters.fonts.library import Library
from karaokify_daemon.adapters.shipped import shipped


def font(family, **options):
    given = {
        "path": f"/{family}",
        "index": 0,
        "names": (family,),
        "weight": 200,
        "slant": 0,
        "width": 100,
        "variable": False,
        "charset": "41-5a 4e00-9fff",
    }
    return Installed(**given | options)


def test_a_charset_covers_its_ranges():
    found = font("X", charset="41-43 100 200-2ff")
    assert found.covers("AC\u0100\u0250")
    assert not any(map(found.covers, "@D\u0101\u01ff\u0300"))


@pytest.mark.parametrize(
    ("language", "family"),
    [("ja", "Noto Sans CJK JP"), ("ko", "Noto Sans CJK KR"), ("zh", "Noto Sans CJK SC")],
)
def test_han_characters_look_as_in_their_country(monkeypatch, language, family):
    names = ["A Font", "Noto Sans Mono CJK SC", "Noto Serif CJK JP"]
    names += [f"Noto Sans CJK {place}" for place in ("HK", "JP", "KR", "SC")]
    monkeypatch.setattr(module, "installed", lambda: [font(name) for name in names])
    ranked = Library([])._ranked(True, language)
    assert ranked[0].family == family


def test_an_upright_one_of_the_weight_is_best(monkeypatch):
    fonts = [
        font("Noto Sans X", slant=100),
        font("Noto Sans X", weight=80),
        font("Noto Sans X", variable=True),
        font("Noto Sans X", weight=180),
        font("Noto Serif X"),
    ]
    monkeypatch.setattr(module, "installed", lambda: fonts)
    ranked = Library([])._ranked(True, "")
    assert ranked == [fonts[3], fonts[1], fonts[2], fonts[0], fonts[4]]


def test_a_folder_of_ones_own_comes_first_and_a_file_that_is_no_font_is_passed_over(tmp_path):
    shutil.copy(shipped("fonts") / "OpenSans-Regular.ttf", tmp_path / "mine.ttf")
    (tmp_path / "broken.otf").write_bytes(b"nothing")
    found = Library([tmp_path, shipped("fonts")], system=False).named("open sans", bold=False)
    assert found is not None
    assert found.path == tmp_path / "mine.ttf"


def test_installed_fonts_are_listed_with_what_they_cover():
    if shutil.which("fc-list") is None:
        pytest.skip("fontconfig's fc-list is not installed")
    found = installed()
    if not found:
        pytest.skip("no font is installed")
    assert all(each.path.is_file() and each.family for each in found)
    assert any(each.covers("Az") for each in found)


def test_without_fontconfig_there_are_none(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert installed() == []
