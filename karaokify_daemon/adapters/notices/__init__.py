"""Messages to people through apprise, which runs in processes of its own."""

from karaokify_daemon.adapters.notices.post import Failure, Post
from karaokify_daemon.adapters.notices.urls import INSTALL, credential, is_installed, named

__all__ = ["INSTALL", "Failure", "Post", "credential", "is_installed", "named"]
