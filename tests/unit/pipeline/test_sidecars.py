import pytest

from karaokify_daemon.config import from_dict
from karaokify_daemon.domain.job import Job, Sidecars
from karaokify_daemon.errors import SidecarError
from karaokify_daemon.pipeline.sidecars import effective_config, read_song, read_transcript


def job(tmp_path, text=None, preset=None):
    options = tmp_path / "talk.toml"
    if text is not None:
        options.write_text(text)
    sidecars = Sidecars(options=options if text is not None else None)
    return Job(id="1", media=tmp_path / "talk.mp3", sidecars=sidecars, preset=preset)


def test_job_options_lie_on_the_preset_and_the_preset_on_the_configuration(tmp_path):
    config = from_dict(
        {"video": {"fps": 25, "crf": 30}, "presets": {"tall": {"size": "90x160", "fps": 50}}}
    )
    merged = effective_config(
        config, job(tmp_path, "fps = 60\n[transcribe]\nlanguage='de'", "tall")
    )
    assert (merged.video.size, merged.video.fps, merged.video.crf) == ("90x160", 60, 30)
    assert merged.transcribe.language == "de"


@pytest.mark.parametrize(
    "text", ["crf = 1", 'model = "../x.pt"', 'font = "/etc"', "[limits]\njobs=9"]
)
def test_a_job_may_not_set_paths_or_what_the_machine_spends(tmp_path, text):
    with pytest.raises(SidecarError) as caught:
        effective_config(from_dict({}), job(tmp_path, text))
    assert caught.value.file == "talk.toml"


def test_a_number_that_is_too_long_is_a_fault_of_the_options(tmp_path):
    with pytest.raises(SidecarError, match="not valid TOML"):
        effective_config(from_dict({}), job(tmp_path, "fps = " + "1" * 5000))


def test_every_fault_of_the_options_is_told(tmp_path):
    with pytest.raises(SidecarError) as caught:
        effective_config(from_dict({}), job(tmp_path, "titel = 'x'\nfps = 'many'\nsize = '3x3'"))
    assert all(word in caught.value.problem for word in ("titel", "fps", "size"))


def test_a_transcript_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "t.json"
    path.write_text('\ufeff{"segments": [{"start": 0, "end": 1, "text": "hi there"}]}', "utf-8")
    assert [word.text for word in read_transcript(path).words] == ["hi", "there"]


@pytest.mark.parametrize("text", ["{", '{"segments": [], "id": ' + "1" * 5000 + "}"])
def test_a_transcript_that_is_not_json_is_named(tmp_path, text):
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(SidecarError) as caught:
        read_transcript(path)
    assert caught.value.file == "t.json" and "not valid JSON" in caught.value.problem


SRT = "1\n00:00:01,000 --> 00:00:02,000\nCafé ici\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_subtitles_are_read_in_each_encoding_that_is_met(tmp_path, encoding):
    path = tmp_path / "talk.SRT"
    path.write_bytes(SRT.encode(encoding))
    told = []
    read = read_transcript(path, warn=told.append)
    assert [(word.text, word.start, word.end) for word in read.words] == [
        ("Café", 1000, 1571),
        ("ici", 1571, 2000),
    ]
    assert [line for line in told if "Windows-1252" in line] == told
    assert bool(told) == (encoding == "cp1252")


def test_subtitles_are_of_the_language_that_is_configured(tmp_path):
    path = tmp_path / "talk.srt"
    path.write_text(SRT)
    assert read_transcript(path, language="fr").language == "fr"


@pytest.mark.parametrize("name", ["talk.srt", "talk.vtt", "talk.ass", "talk.ttml"])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n", "empty"),
        (b"\xff\xfe\x00\xd8", "UTF-16"),
        (b"\x81\x8d", "neither"),
        (b"1\n00:00:01,000 --> \0", "zero"),
        (b"hello", "no subtitle"),
        (b"9" * 100_000, "no subtitle"),
        (b"00:00:01.000 --> 00:00:02.000\n" * 3, "no subtitle"),
        ("00:00:01.000 --> 00:00:02.000\n\u200b".encode(), "without any words"),
    ],
)
def test_subtitles_that_cannot_be_used_are_told_of(tmp_path, name, content, problem):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SidecarError, match=f"{problem}|no subtitle|not valid XML") as caught:
        read_transcript(path)
    assert caught.value.file == name


def test_subtitles_that_are_too_large_are_not_read(tmp_path):
    path = tmp_path / "talk.srt"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(SidecarError, match="larger"):
        read_transcript(path)


SONG = "#TITLE:Garçon\n#BPM:150\n#GAP:0\n: 0 2 0 Gar\n: 2 2 0 çon\nE\n"


@pytest.mark.parametrize("name", ["talk.txt", "talk.ultrastar.txt"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_text_that_is_ultrastar_gives_words_and_times(tmp_path, name, encoding):
    (tmp_path / name).write_bytes(SONG.encode(encoding))
    warnings = []
    song = read_song(tmp_path / name, language="fr", warn=warnings.append)
    assert [(w.text, w.start, w.end) for w in song.words] == [("Garçon", 0, 400)]
    assert song.language == "fr" and len(warnings) == (encoding == "cp1252")


def test_other_text_is_no_song(tmp_path):
    (tmp_path / "talk.txt").write_text("La la la")
    (tmp_path / "talk.lrc").write_text(SONG)
    assert read_song(tmp_path / "talk.txt") is read_song(tmp_path / "talk.lrc") is None


@pytest.mark.parametrize(
    ("content", "says"),
    [("words", "no header"), ("#TITLE:a\n: 0 1 0 a", "no #BPM"), ("#BPM:9\n", "no notes")],
)
def test_a_song_that_cannot_be_used_is_told_of(tmp_path, content, says):
    path = tmp_path / "talk.ultrastar.txt"
    path.write_text(content)
    with pytest.raises(SidecarError, match=says) as caught:
        read_song(path)
    assert caught.value.file == path.name
