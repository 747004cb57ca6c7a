"""What no font can show is told by script, with the package to install."""

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.pipeline.fonts import COMMON, Fonts, coverage, missing
from karaokify_daemon.pipeline.styles import find_style
from karaokify_daemon.service.check_fonts import scripts

UNKNOWN = "\U0001e2c0"  # Wancho, which no font of Debian 12 has


def test_each_script_is_told_once_with_a_few_characters():
    told = missing([*"คกขคงจฉชซฌ", "漢", "あ", "😀"])
    shown = "ค ก ข ง จ ฉ ช ซ …"
    assert told[0] == f"no font has these characters (Thai): {shown}; install fonts-noto-core"
    assert [line.rsplit(" ", 1)[-1] for line in told[1:]] == [
        "fonts-noto-cjk",
        "fonts-noto-cjk",
        "fonts-symbola",
    ]


def test_a_video_knows_what_its_captions_and_its_title_lack(tmp_path):
    config = RenderConfig(media=tmp_path / "a.wav", output=tmp_path / "a.mp4", title="\U0001e2c1")
    generator = VideoGenerator(config)
    words = [{"text": f"hi{UNKNOWN}", "start": 0.0, "end": 1.0}]
    assert UNKNOWN in generator.ass({"segments": [{"words": words}]}), "it is shown as a box"
    [warning] = generator.warnings
    assert UNKNOWN in warning
    assert "\U0001e2c1" in warning
    assert "Wancho" in warning


def test_another_language_is_set_anew(tmp_path):
    config = RenderConfig(media=tmp_path / "a.wav", output=tmp_path / "a.mp4", title="")
    generator = VideoGenerator(config)
    words = [{"text": UNKNOWN, "start": 0.0, "end": 1.0}]
    generator.ass({"language": "en", "segments": [{"words": words}]})
    generator.ass({"language": "de", "segments": [{"words": [{**words[0], "text": "ja"}]}]})
    assert generator.warnings == []


def test_the_shipped_fonts_show_most_scripts():
    found = coverage(Fonts("Open Sans", bold=True))
    shipped = ("Latin", "Greek", "Cyrillic", "Arabic", "Hebrew", "Devanagari", "Thai")
    assert found.keys() == COMMON.keys()
    assert not any(found[script] for script in shipped)


def test_check_names_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")  # no font is known to be installed
    finding = scripts(find_style("sweep"), "auto")
    assert finding.status == "ok"
    assert "Hebrew" in finding.text
    assert "for Chinese, Japanese, Korean: apt-get install fonts-noto-cjk" in finding.advice
    assert scripts(find_style("sweep"), "ja").status == "warn"
    assert scripts(find_style("sweep"), "he").status == "ok"
