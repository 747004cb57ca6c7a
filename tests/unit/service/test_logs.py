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
