"""Language models: litellm in a process of its own, what it may cost, and what its errors mean."""

from karaokify_daemon.adapters.llm.budget import Budget
from karaokify_daemon.adapters.llm.client import Client, Reply

__all__ = ["Budget", "Client", "Reply"]
