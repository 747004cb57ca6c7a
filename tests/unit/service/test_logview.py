import json

import pytest

from karaokify_daemon.errors import ConfigError
from karaokify_daemon.service.logview import lines, readable

DONE = json.dumps({"timestamp": "2026-01-01T00:00:00Z", "level": "info", "event": "job.done",
                   "job_id": "ab12", "file": "talk.mp3", "words": 3})  # fmt: skip
OTHER = json.dumps({"level": "info", "event": "job.done", "job_id": "cd34", "file": "song.mp3"})


def test_json_becomes_lines_for_people():
    (line,) = readable([DONE])
    for text in ("2026-01-01", "job.done", "file=talk.mp3", "words=3"):
        assert text in line


@pytest.mark.parametrize("line", ["Traceback (most recent call last):\n", "[]", "{", '{"a": 1}'])
def test_what_is_none_of_ours_is_shown_as_it_is(line):
    assert list(readable([line])) == [line.rstrip("\n")]


@pytest.mark.parametrize("job", ["talk.mp3", "ab12"])
def test_one_recording_s_lines_are_those_of_its_name_or_id(job):
    (line,) = readable([OTHER, "noise", DONE], job=job)
    assert "talk.mp3" in line


def test_the_last_lines_of_a_file_are_shown(tmp_path):
    path = tmp_path / "log"
    path.write_text("1\n2\n3\n")
    assert list(lines(path, last=2, follows=False, user=False)) == ["2\n", "3\n"]


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"log\.file"):
        list(lines(tmp_path / "log", last=2, follows=False, user=False))
