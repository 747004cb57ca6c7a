import os
import socket

import pytest

from karaokify_daemon.adapters.sd_notify import extend, notify, watchdog_seconds


@pytest.fixture
def listener():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.settimeout(10)
        yield receiver


def test_a_state_reaches_the_socket_of_the_service_manager(listener, tmp_path):
    address = str(tmp_path / "notify")
    listener.bind(address)

    assert notify("READY=1\nSTATUS=waiting", {"NOTIFY_SOCKET": address})
    assert listener.recv(1024) == b"READY=1\nSTATUS=waiting"


def test_a_state_reaches_a_socket_in_the_abstract_namespace(listener):
    listener.bind("")  # the kernel picks a free abstract name
    name = listener.getsockname().decode()

    assert notify("READY=1", {"NOTIFY_SOCKET": "@" + name[1:]})
    assert listener.recv(1024) == b"READY=1"


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/notify", "vsock:2:1", "/x" * 100])
def test_nobody_to_tell_is_no_error(address):
    assert not notify("READY=1", {"NOTIFY_SOCKET": address})
    assert not notify("READY=1", {})


def test_a_full_socket_is_no_error(listener, tmp_path):
    address = str(tmp_path / "notify")
    listener.bind(address)
    env = {"NOTIFY_SOCKET": address}

    assert not all(notify("WATCHDOG=1" * 100, env) for _ in range(10_000))


def test_more_time_is_asked_for_in_microseconds_and_life_is_told(listener, tmp_path):
    address = str(tmp_path / "notify")
    listener.bind(address)

    extend(1.5, {"NOTIFY_SOCKET": address})
    assert listener.recv(1024) == b"EXTEND_TIMEOUT_USEC=1500000\nWATCHDOG=1"


@pytest.mark.parametrize(
    ("env", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),  # of our parent
        ({"WATCHDOG_USEC": "often"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_how_often_systemd_wants_to_hear_from_us(env, seconds):
    assert watchdog_seconds(env) == seconds
