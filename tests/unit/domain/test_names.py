import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain import names
from karaokify_daemon.domain.names import (
    bundle_stem,
    is_ignored,
    is_media,
    is_sidecar,
    numbered_names,
    reason_names,
    shortened,
    sidecar_stem,
    sidecars_of,
)

raw_names = (
    st.binary(min_size=1, max_size=255)
    .filter(lambda raw: b"/" not in raw and b"\0" not in raw and raw not in (b".", b".."))
    .map(os.fsdecode)
)


@pytest.mark.parametrize(
    "name",
    [
        "talk.mp3.part",
        "talk.mp3.partial",
        "talk.mp3.crdownload",
        "talk.TMP",
        "talk.mp3.filepart",
        ".talk.mp3.Xy12Zz",
        "._talk.mp3",
        ".syncthing.talk.mp3.tmp",
        "~syncthing~talk.mp3.tmp",
        "@eaDir",
        "Thumbs.db",
        ".DS_Store",
        "talk.mp3~",
        "talk.mp3.error.json",
        "talk.mp3.error.txt",
    ],
)
def test_names_of_copy_tools_and_litter_are_ignored(name):
    assert is_ignored(name)


@pytest.mark.parametrize("name", ["talk.mp3", "a\nb.mp3", "-rf.wav", "[x].mp4", "caf\udce9.mp3"])
def test_names_of_recordings_are_not_ignored(name):
    assert not is_ignored(name)


def test_configured_patterns_are_ignored_in_any_case():
    assert is_ignored("Draft-1.MP3", ("draft-*",))
    assert not is_ignored("talk.mp3", ("draft-*",))


@pytest.mark.parametrize("name", ["a.mp3", "a.WAV", "a.flac", "a.m4a", "a.opus", "a.mkv", "a.webm"])
def test_audio_and_video_start_a_job(name):
    assert is_media(Path(name))
    assert not is_sidecar(Path(name))


@pytest.mark.parametrize(
    "name",
    ["a.png", "a.JPG", "a.webp", "a.json", "a.srt", "a.VTT", "a.ass", "a.ttml", "a.dfxp", "a.toml"],
)
def test_pictures_transcripts_and_options_are_sidecars(name):
    assert is_sidecar(Path(name))
    assert not is_media(Path(name))
    assert sidecar_stem(Path(name)) == "a"


def test_of_several_texts_the_song_is_taken_for_it_knows_the_times():
    files = [Path(f"talk.{ending}") for ending in ("txt", "lrc", "UltraStar.txt")]
    for taken in ("talk.UltraStar.txt", "talk.lrc", "talk.txt"):
        assert sidecars_of(Path("talk.mp3"), files).text == Path(taken)
        files.remove(Path(taken))


def test_a_background_video_belongs_to_the_recording_without_that_word():
    path = Path("talk.Background.mp4")

    assert is_sidecar(path)
    assert not is_media(path)
    assert sidecar_stem(path) == "talk"


def test_a_moving_background_comes_before_a_still_one():
    siblings = [Path(n) for n in ("talk.png", "talk.background.mp4", "talk.json", "other.toml")]

    found = sidecars_of(Path("talk.mp3"), siblings)

    assert found.background == Path("talk.background.mp4")
    assert found.transcript == Path("talk.json")
    assert found.options is None


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("my talk: 100% 'fun' [1].mp3", "my talk: 100% 'fun' [1]"),
        ("-rf.mp3", "_rf"),
        ("a\nb\x1b.mp3", "a_b_"),
        ("a\u2028b.mp3", "a_b"),
        (" .mp3", "_"),
        ("\N{PARTY POPPER}.mp3", "\N{PARTY POPPER}"),
        ("caf\udce9.mp3", "caf\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_bundle_is_called_like_its_recording_as_far_as_that_is_safe(name, stem):
    assert bundle_stem(Path(name)) == stem


@pytest.mark.parametrize("name", ["manifest.mp3", "Poster.mp4"])
def test_a_bundle_does_not_share_names_with_the_files_that_all_bundles_have(name):
    assert bundle_stem(Path(name)) == "_" + Path(name).stem


def test_bundles_of_long_names_that_differ_at_the_end_differ():
    first, second = (bundle_stem(Path("x" * 250 + end + ".mp3")) for end in "ab")

    assert first != second
    assert len(first.encode()) <= 200


@given(raw_names)
def test_any_name_gives_a_bundle_a_name_that_is_plain_and_short(name):
    stem = bundle_stem(Path(name))

    assert 1 <= len(stem.encode()) <= 210
    assert stem[0] not in ".-"
    assert not set(stem) & set("/\0\n\r\t")


@given(raw_names, st.integers(1, 255))
def test_shortening_keeps_what_fits_and_obeys_the_room(name, room):
    cut = shortened(name, max(room, 9))

    assert len(os.fsencode(cut)) <= max(room, 9)
    assert cut == name or len(os.fsencode(name)) > max(room, 9)


def test_shortening_does_not_cut_a_character_in_two():
    cut = shortened("\N{PARTY POPPER}" * 60, 50)

    assert cut.encode().decode() == cut


@given(raw_names, st.integers(1, 9999))
def test_numbered_names_fit_and_share_a_stem(name, n):
    media = Path(name)
    group = [media.stem + ".background.mp4", name] if len(os.fsencode(name)) < 230 else [name]

    numbered = numbered_names(group, media.stem, n)

    assert all(len(os.fsencode(x)) <= 255 for x in numbered)
    assert numbered[-1].endswith(media.suffix)
    if len(group) == 2:
        assert sidecar_stem(Path(numbered[0])) == numbered[1].removesuffix(media.suffix)
    if n == 1:
        assert numbered == group


@given(raw_names)
def test_reason_names_fit_and_are_ignored_in_the_inbox(name):
    for reason in reason_names(name):
        assert len(os.fsencode(reason)) <= 255
        assert is_ignored(reason)


def test_numbered_starts_at_the_bare_name():
    assert names.numbered("talk", 1) == "talk"
    assert names.numbered("talk", 3) == "talk-3"


def test_of_several_transcripts_the_one_that_knows_most_is_taken():
    files = [Path(f"talk.{ending}") for ending in ("srt", "ass", "dfxp", "ttml", "VTT", "json")]
    for taken in ("talk.json", "talk.VTT", "talk.ttml", "talk.dfxp", "talk.ass", "talk.srt"):
        assert sidecars_of(Path("talk.mp3"), files).transcript == Path(taken)
        files.remove(Path(taken))
