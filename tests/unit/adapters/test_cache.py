import os
import stat

import pytest

from karaokify_daemon.adapters.cache import JsonCache

DATA = {"text": "Grüße \ud800", "segments": [{"start": 0.1, "words": []}], "language": "de"}
KEY = JsonCache.key(content="a" * 64, model="demo:1", options={"language": "en"})


@pytest.fixture
def corrupt():
    return []


@pytest.fixture
def cache(tmp_path, corrupt):
    folder = tmp_path / "transcripts"
    return JsonCache(folder, on_corrupt=lambda path, reason: corrupt.append((path, reason)))


def entries(tmp_path):
    return list((tmp_path / "transcripts").iterdir())


def test_what_is_put_is_got(cache):
    cache.put(KEY, DATA)
    assert cache.get(KEY) == DATA


def test_nothing_is_got_where_nothing_was_put(cache, corrupt):
    assert cache.get(KEY) is None
    assert corrupt == []


def test_a_new_object_finds_what_an_older_one_put(cache, tmp_path):
    cache.put(KEY, DATA)
    assert JsonCache(tmp_path / "transcripts").get(KEY) == DATA


def test_an_entry_is_replaced(cache, tmp_path):
    cache.put(KEY, DATA)
    cache.put(KEY, {"text": "new"})
    assert cache.get(KEY) == {"text": "new"}
    assert len(entries(tmp_path)) == 1


def test_data_that_json_changes_is_got_as_json_has_it(cache, corrupt):
    cache.put(KEY, {"pairs": (1, 2), "by_number": {10: "b", 9: "a"}})
    assert cache.get(KEY) == {"pairs": [1, 2], "by_number": {"10": "b", "9": "a"}}
    assert corrupt == []


def test_entries_are_private(cache, tmp_path):
    previous = os.umask(0)
    try:
        cache.put(KEY, DATA)
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "transcripts").stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in entries(tmp_path)] == [0o600]


def test_a_folder_that_was_open_to_others_is_closed(cache, tmp_path):
    (tmp_path / "transcripts").mkdir(mode=0o755)
    cache.put(KEY, DATA)
    assert stat.S_IMODE((tmp_path / "transcripts").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw.replace(b"0.1", b"0.2"),
        lambda raw: raw[:-10],
        lambda _: b"",
        lambda _: b"[1, 2]",
        lambda _: b"null",
        lambda _: b"\xff\xfe",
        lambda _: b"[" * 100_000,
        lambda _: b'{"sha256": "00", "data": {}}',
    ],
    ids=["changed", "cut", "empty", "list", "null", "binary", "deep", "forged"],
)
def test_a_corrupt_entry_is_dropped_and_told(cache, tmp_path, corrupt, damage):
    cache.put(KEY, DATA)
    (path,) = entries(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get(KEY) is None
    assert [dropped for dropped, _ in corrupt] == [path]
    assert entries(tmp_path) == []
    cache.put(KEY, DATA)
    assert cache.get(KEY) == DATA


def test_a_key_of_any_form_stays_inside_the_folder(cache, tmp_path):
    for key in ("../../outside", "/etc/passwd", "", "name\0", "😀" * 300):
        cache.put(key, {"key": key})
        assert cache.get(key) == {"key": key}
    assert {path.name for path in tmp_path.iterdir()} == {"transcripts"}
    assert len(entries(tmp_path)) == 5


@pytest.mark.parametrize(
    "other",
    [
        {"content": "b" * 64},
        {"model": "demo:2"},
        {"options": {"language": "de"}},
    ],
)
def test_the_key_covers_audio_model_and_options(other):
    same = {"content": "a" * 64, "model": "demo:1", "options": {"language": "en"}}
    assert JsonCache.key(**same) == KEY
    assert JsonCache.key(**(same | other)) != KEY


def test_a_failed_put_raises_and_leaves_the_old_entry(cache, tmp_path):
    cache.put(KEY, DATA)
    with pytest.raises(ValueError, match="JSON"):
        cache.put(KEY, {"start": float("nan")})
    assert cache.get(KEY) == DATA
    assert len(entries(tmp_path)) == 1


def test_no_room_is_an_oserror(tmp_path):
    (tmp_path / "transcripts").write_text("in the way")
    with pytest.raises(OSError, match="transcripts"):
        JsonCache(tmp_path / "transcripts").put(KEY, DATA)
