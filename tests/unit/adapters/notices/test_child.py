"""What is heard of a failure: numbers, never text that may hold a url."""

import logging

import pytest

from karaokify_daemon.adapters.notices.child import Heard


def heard(*lines):
    handler = Heard()
    for level, text in lines:
        handler.emit(logging.LogRecord("apprise", level, "", 0, text, None, None))
    return handler.told()


@pytest.mark.parametrize(
    ("line", "status", "lasting"),
    [
        ("Failed to send JSON POST notification: error=500.", 500, False),
        ("Failed to send: Unauthorized, error=401.", 401, True),
        ("Failed to send: error=429.", 429, False),
        ("Socket Exception: (535, b'5.7.8 authentication failed for user:secret')", 535, True),
        ("Socket Exception: {'a@b': (451, b'try again')}", 451, False),
    ],
)
def test_a_status_is_heard_and_whether_it_lasts(line, status, lasting):
    assert heard((logging.WARNING, line)) == {"status": status, "lost": False, "lasting": lasting}


def test_a_server_that_is_not_reached_is_heard():
    told = heard((logging.WARNING, 'Connection error while submitting email to "secret.example"'))
    assert told == {"status": None, "lost": True, "lasting": False}
    assert not heard((logging.DEBUG, "connection refused"))["lost"]
