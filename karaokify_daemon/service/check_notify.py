"""What `check` looks at of messages to people: nothing is sent."""

from collections.abc import Iterator

from karaokify_daemon.adapters.notices import INSTALL, Post, is_installed, named
from karaokify_daemon.config import Config
from karaokify_daemon.service.finding import Finding
from karaokify_daemon.service.notifying import urls_of

_NAME = "notifications"
_DEADLINE_S = 60.0


def notifications(config: Config) -> Iterator[Finding]:
    """Tell of each url whether apprise understands it; the service runs also where it does not."""
    try:
        urls = urls_of(config)
    except (OSError, UnicodeError) as error:
        text = f"the systemd credential notify-urls cannot be read ({type(error).__name__})"
        yield Finding(_NAME, "warn", text, "Write one url a line into it, as UTF-8.")
        return
    if not urls:
        return
    if not is_installed():
        text = f"{len(urls)} url(s) are configured, and the Python package apprise is not installed"
        yield Finding(_NAME, "warn", text, INSTALL)
        return
    for url, failure in zip(urls, Post().send(urls, None, seconds=_DEADLINE_S), strict=True):
        if failure is None:
            yield Finding(_NAME, "ok", f"{named(urls, url)} is understood")
        else:
            advice = "See https://github.com/caronc/apprise/wiki for how it is written."
            yield Finding(_NAME, "warn", f"{named(urls, url)}: {failure.reason}", advice)
