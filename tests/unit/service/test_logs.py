import io
import json
import logging

import pytest
import structlog

from karaokify_daemon.config import Log
from karaokify_daemon.service import logs


@pytest.fixture
def lines():
    stream = io.StringIO()
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()], stream
    structlog.reset_defaults()
    logging.getLogger().handlers = []
    logging.captureWarnings(capture=False)


def test_lines_are_json_where_no_terminal_reads_and_carry_what_is_bound(lines):
    read, stream = lines
    logs.configure(Log(), stream)
    with structlog.contextvars.bound_contextvars(job_id="ab", file="caf\udce9.mp3"):
        structlog.get_logger().info("job.done", words=3)
        structlog.get_logger().debug("unseen")
    (line,) = read()
    assert line["event"] == "job.done" and line["job_id"] == "ab" and line["words"] == 3
    assert line["level"] == "info" and line["timestamp"].endswith("Z")


def test_what_libraries_log_is_forwarded(lines):
    read, stream = lines
    logs.configure(Log(), stream)
    logging.getLogger("watchdog").warning("limit %s reached", 3)
    assert read()[0]["event"] == "library" and read()[0]["message"] == "limit 3 reached"


def test_a_person_may_ask_for_the_readable_form(lines):
    _, stream = lines
    logs.configure(Log(format="console"), stream)
    structlog.get_logger().info("job.done", words=3)
    assert "job.done" in stream.getvalue() and not stream.getvalue().startswith("{")


def test_a_file_gets_the_same_as_json_and_is_put_aside_when_it_is_large(lines, tmp_path):
    _, stream = lines
    path = tmp_path / "log"
    logs.configure(Log(format="console", file=path, file_mb=1, files=3), stream)
    for i in range(5):
        structlog.get_logger().info("job.done", number=i, padding="x" * 400_000)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["log", "log.1", "log.2"]
    found = [
        json.loads(line)
        for name in ("log.2", "log.1", "log")
        for line in (tmp_path / name).read_text().splitlines()
    ]
    assert [line["number"] for line in found] == [0, 1, 2, 3, 4]
    assert found[0]["event"] == "job.done" and found[0]["level"] == "info"
    assert not stream.getvalue().startswith("{")


def test_what_went_wrong_is_in_the_file_with_its_traceback(lines, tmp_path):
    _, stream = lines
    logs.configure(Log(format="console", file=tmp_path / "log"), stream)
    try:
        int("no")
    except ValueError:
        structlog.get_logger().exception("job.crashed")
    assert "ValueError" in json.loads((tmp_path / "log").read_text())["exception"]


def test_a_file_that_cannot_be_written_ends_nothing(lines, tmp_path):
    read, stream = lines
    logs.configure(Log(file=tmp_path / "gone" / "log"), stream)
    structlog.get_logger().info("job.done")
    assert read()[0]["event"] == "job.done"
