import os

from karaokify_daemon.adapters.cache import JsonCache
from karaokify_daemon.pipeline.kept import Kept

ONE, OTHER = (JsonCache.key(content=name, model="m", options={}) for name in ("one", "other"))


def test_another_attempt_finds_what_was_kept_and_forgets_all_of_it(tmp_path):
    cache = JsonCache(tmp_path)
    Kept(cache, "whole").put(ONE, {"n": 1})
    Kept(cache, "whole").put(OTHER, {"n": 2})
    assert Kept(cache, "whole").get(ONE) == {"n": 1}
    Kept(cache, "another").forget()
    assert cache.get(OTHER) == {"n": 2}
    Kept(cache, "whole").forget()
    assert list(tmp_path.iterdir()) == []


def test_what_was_kept_first_is_used_as_late_as_what_is_kept_last(tmp_path):
    cache = JsonCache(tmp_path)
    kept = Kept(cache, "whole")
    kept.put(ONE, {"n": 1})
    os.utime(tmp_path / f"{ONE}.json", (1, 1))
    kept.put(OTHER, {"n": 2})
    assert (tmp_path / f"{ONE}.json").stat().st_mtime > 1
