import os
import stat

import pytest

from karaokify_daemon.adapters.cache import JsonCache, Swept, sweep
from tests.support.files import other_process

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


NOW = 1_000_000.0


def kept(cache, tmp_path, **ages):
    """Put entries that were used so many seconds ago."""
    folder, paths = tmp_path / "transcripts", {}
    for name, age in ages.items():
        cache.put(JsonCache.key(content=name, model="m", options={}), {"text": "x" * 1000})
        (paths[name],) = set(folder.iterdir()) - set(paths.values())
        os.utime(paths[name], (NOW - age, NOW - age))
    return paths


def left(paths):
    return [name for name, path in paths.items() if path.exists()]


def test_what_was_not_used_for_longest_goes_first_until_the_rest_fits(cache, tmp_path):
    paths = kept(cache, tmp_path, old=300, older=400, new=100)
    size = paths["old"].stat().st_size
    found = sweep([tmp_path / "transcripts"], most=2 * size, seconds=0, now=NOW)
    assert found == Swept(removed=1, freed=size, entries=2, size=2 * size)
    assert left(paths) == ["old", "new"]


def test_to_be_read_is_to_be_used(cache, tmp_path):
    paths = kept(cache, tmp_path, first=400, second=300)
    assert cache.get(JsonCache.key(content="first", model="m", options={})) is not None
    size = paths["first"].stat().st_size
    sweep([tmp_path / "transcripts"], most=size, seconds=0, now=NOW)
    assert left(paths) == ["first"]


def test_what_was_not_used_for_too_long_goes(cache, tmp_path):
    paths = kept(cache, tmp_path, old=86_401, new=86_399)
    assert sweep([tmp_path / "transcripts"], most=0, seconds=86_400, now=NOW).removed == 1
    assert left(paths) == ["new"]


def test_without_limits_everything_stays(cache, tmp_path):
    paths = kept(cache, tmp_path, old=1e5)
    assert sweep([tmp_path / "transcripts", tmp_path / "none"], most=0, seconds=0, now=NOW) == (
        Swept(entries=1, size=paths["old"].stat().st_size)
    )


WRITING = (
    "from pathlib import Path\n"
    "from karaokify_daemon.adapters import cache\n"
    "import os, tempfile\n"
    "handle, _ = tempfile.mkstemp(prefix='.new-', dir=sys.argv[1])\n"
    "cache._lock(handle)\n"
)


def test_what_a_dead_process_was_writing_goes_and_what_a_living_one_writes_stays(tmp_path):
    with other_process(WRITING, tmp_path) as process:
        sweep([tmp_path], most=1, seconds=1, now=NOW)
        assert len(list(tmp_path.iterdir())) == 1
        process.kill()
    sweep([tmp_path], most=0, seconds=0, now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_entry_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    assert sweep([tmp_path], most=1, seconds=1, now=NOW) == Swept()
    assert (tmp_path / "notes.txt").exists()
