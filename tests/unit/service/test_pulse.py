import socket

import pytest

from karaokify_daemon.service.pulse import Pulse


@pytest.fixture
def systemd(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.settimeout(10)
        receiver.bind(str(tmp_path / "notify"))
        yield receiver


def pulse(systemd, **env):
    return Pulse({"NOTIFY_SOCKET": systemd.getsockname(), **env})


def told(systemd):
    return systemd.recv(1024).decode()


def nothing_more(systemd):
    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(1024)
    return True


def test_life_is_told_now_and_then_only(systemd):
    one = pulse(systemd, WATCHDOG_USEC="400000000")
    assert one.every == 100
    for _ in range(9):
        one.alive()
    assert told(systemd) == "WATCHDOG=1"
    assert nothing_more(systemd)


def test_without_a_watchdog_nobody_is_told(systemd):
    one = pulse(systemd)
    assert one.every is None
    one.alive()
    assert nothing_more(systemd)


def test_a_status_is_told_when_it_is_new(systemd):
    one = pulse(systemd)
    for text in ("idle", "idle", "busy"):
        one.status(text)
    assert [told(systemd), told(systemd)] == ["STATUS=idle", "STATUS=busy"]
    assert nothing_more(systemd)


def test_a_stranger_s_name_gives_no_orders_to_systemd(systemd):
    pulse(systemd).status("a\nSTOPPING=1\n.mp3: render 50%")
    assert told(systemd) == "STATUS=a STOPPING=1 .mp3: render 50%"


def test_for_something_long_more_time_is_asked_for_and_then_no_more(systemd):
    with pulse(systemd).patient(60):
        assert told(systemd) == "EXTEND_TIMEOUT_USEC=30000000\nWATCHDOG=1"
    assert nothing_more(systemd)


def test_what_may_take_no_time_is_not_waited_for(systemd):
    with pulse(systemd).patient(0):
        pass
    assert nothing_more(systemd)


def test_a_reload_says_when_it_began(systemd):
    pulse(systemd).reloading()
    state, when = told(systemd).split("\n")
    assert state == "RELOADING=1"
    assert int(when.removeprefix("MONOTONIC_USEC=")) > 0


def test_an_end_says_how_long_it_may_take(systemd):
    pulse(systemd).stopping(20)
    assert [told(systemd), told(systemd).split("\n")[0]] == [
        "STOPPING=1",
        "EXTEND_TIMEOUT_USEC=50000000",
    ]
