"""Telling systemd how the service is (sd_notify(3)), without a library for one datagram."""

import os
import socket
from collections.abc import Mapping

_MICROSECONDS = 1_000_000


def notify(state: str, env: Mapping[str, str] = os.environ) -> bool:
    """Send a state such as `READY=1`; return whether anyone was told. Never raises."""
    address = env.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # the abstract namespace, which begins with a zero byte
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)  # noqa: FBT003
            sender.sendto(state.encode(), address)
    except (OSError, ValueError):
        return False
    return True


def extend(seconds: float, env: Mapping[str, str] = os.environ) -> None:
    """Ask that a start or stop may take so much longer from now; tell that the service lives."""
    notify(f"EXTEND_TIMEOUT_USEC={round(seconds * _MICROSECONDS)}\nWATCHDOG=1", env)


def watchdog_seconds(env: Mapping[str, str] = os.environ) -> float | None:
    """Return how often systemd wants to hear from us at least (sd_watchdog_enabled(3)), or None."""
    if env.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    wanted = env.get("WATCHDOG_USEC", "")
    return int(wanted) / _MICROSECONDS if wanted.isdecimal() and int(wanted) else None
