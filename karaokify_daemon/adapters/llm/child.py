"""The process that litellm runs in: orders are JSON lines on stdin, replies JSON lines on stdout.

It is run by its path and imports nothing of this package. litellm takes seconds and hundreds of
megabytes to import, prints, and reads files and the environment: none of that is to happen in the
service. It makes one attempt per order; what follows a failure is for the client to decide. It ends
when its stdin does.
"""

import contextlib
import json
import os
import re
import resource
import sys
import threading
from pathlib import Path
from typing import Any

_MEMORY = 1_500_000_000  # bytes: an answer that unpacks to more ends this process, not the machine
_LONGEST = 1_000_000  # bytes of a reply
_LONGEST_SAID = 400  # characters of an error
_CREDENTIAL = "llm-api-key"
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)
_SHORTEST_SECRET = 8  # characters: a shorter one, such as "1", is no secret
_NO_KEY = "none"  # the client of the OpenAI API insists on one, an endpoint of one's own may not


def main() -> None:
    """Serve until stdin ends."""
    os.umask(0o077)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_DATA, _MEMORY)
    os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_MODE="PRODUCTION")
    replies = os.dup(1)
    os.dup2(2, 1)  # what litellm prints is no reply
    model = Model()
    for line in sys.stdin.buffer:
        # In a thread, so that the end of stdin is seen also while a request hangs.
        threading.Thread(target=_serve, args=(model, line, replies), daemon=True).start()
    os._exit(0)  # no thread of a library is waited for


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _serve(model: "Model", line: bytes, replies: int) -> None:
    order = json.loads(line)
    try:
        done = model.complete(order) if "messages" in order else model.open(order)
    except BaseException as error:  # whatever it is, the client decides what follows
        done = {"failure": _failure(error)}
    raw = _encoded(done)
    if len(raw) > _LONGEST:
        raw = _encoded({"failure": {"kind": "TooLong"}})
    while raw:
        raw = raw[os.write(replies, raw) :]


def _encoded(reply: dict[str, Any]) -> bytes:
    return json.dumps(_redacted(reply)).encode() + b"\n"


class Model:
    """One model of one provider, as litellm reaches it."""

    def __init__(self) -> None:
        self._key: str | None = None
        self._form = 0  # which of the forms of a request the endpoint takes, found by trying

    def open(self, order: dict[str, Any]) -> dict[str, Any]:
        """Import litellm; return the provider's name, the model's prices, which key is missing."""
        litellm = _litellm()
        name, base = order["model"], order["api_base"]
        provider = litellm.get_llm_provider(name, api_base=base)[1]
        missing = litellm.validate_environment(name)["missing_keys"]
        self._form = 0
        self._key = credential()
        if self._key is None and base and missing and provider.endswith("openai"):
            self._key = _NO_KEY
        try:
            known = litellm.get_model_info(name)
        except Exception:  # a model that litellm has no figures of is no error
            known = {}
        return {
            "provider": provider,
            "missing": [name for name in missing if _SECRET.search(name) and not self._key],
            "prompt_price": known.get("input_cost_per_token"),
            "completion_price": known.get("output_cost_per_token"),
            "most_tokens": known.get("max_output_tokens"),
            "reasons": bool(known.get("supports_reasoning")),
        }

    def complete(self, order: dict[str, Any]) -> dict[str, Any]:
        """Ask once, in the richest form that the endpoint takes."""
        litellm = _litellm()
        forms = _forms(order["schema"])
        while True:
            try:
                response = self._ask(litellm, order, forms[self._form])
            except (litellm.BadRequestError, litellm.UnprocessableEntityError) as error:
                too_long = isinstance(error, litellm.ContextWindowExceededError)
                if too_long or self._form == len(forms) - 1:
                    raise
                self._form += 1
            else:
                return _reply(response, _dollars(litellm, response, order["model"]))

    def _ask(self, litellm: Any, order: dict[str, Any], form: dict[str, Any]) -> Any:
        return litellm.completion(
            model=order["model"],
            messages=order["messages"],
            api_base=order["api_base"],
            api_key=self._key,
            timeout=order["timeout"],
            max_tokens=order["max_tokens"],
            max_retries=0,
            num_retries=0,
            drop_params=True,
            **form,
        )


def _forms(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how to ask for JSON, from the surest to what every endpoint takes."""
    strict = {"name": "answer", "schema": schema, "strict": True}
    return [
        {"temperature": 0, "response_format": {"type": "json_schema", "json_schema": strict}},
        {"temperature": 0, "response_format": {"type": "json_object"}},
        {},
    ]


def _litellm() -> Any:
    import litellm  # noqa: PLC0415 - only where it is used

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.turn_off_message_logging = True
    for hooks in ("callbacks", "success_callback", "failure_callback", "input_callback"):
        setattr(litellm, hooks, [])
    return litellm


def _dollars(litellm: Any, response: Any, model: str) -> float | None:
    try:
        return float(litellm.completion_cost(response, model=model))
    except Exception:  # a model whose price litellm does not know
        return None


def _reply(response: Any, dollars: float | None) -> dict[str, Any]:
    choices = response.choices
    usage = getattr(response, "usage", None)
    return {
        "text": (choices[0].message.content if choices else None) or "",
        "model": str(response.model or "")[:100],
        "prompt_tokens": getattr(usage, "prompt_tokens", None),
        "completion_tokens": getattr(usage, "completion_tokens", None),
        "dollars": dollars,
    }


def _failure(error: BaseException) -> dict[str, Any]:
    response = getattr(error, "response", None)
    headers = getattr(error, "litellm_response_headers", None)
    headers = headers or getattr(response, "headers", None) or {}
    status = getattr(error, "status_code", None)
    return {
        "kind": type(error).__name__,
        "status": status if isinstance(status, int) else None,
        "retry_after": str(headers.get("retry-after", ""))[:100],
        # A key that is cut would not be recognised: so it is cut afterwards.
        "said": _redacted(str(error)).partition("Traceback (most")[0][:_LONGEST_SAID],
    }


def credential() -> str | None:
    """Return the key that systemd hands over, if it does. Raises OSError."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / _CREDENTIAL if folder else None
    return (path.read_text("utf-8").strip() or None) if path and path.exists() else None


def _secrets() -> list[str]:
    found = {value.strip() for name, value in os.environ.items() if _SECRET.search(name)}
    with contextlib.suppress(OSError, ValueError):  # what cannot be read is told by no one
        found.add(credential() or "")
    return sorted((s for s in found if len(s) >= _SHORTEST_SECRET), key=len, reverse=True)


def _redacted(data: Any) -> Any:
    """Return data without the keys that this process knows: a provider may repeat them."""
    if isinstance(data, dict):
        return {key: _redacted(value) for key, value in data.items()}
    if isinstance(data, str):
        for secret in _secrets():
            data = data.replace(secret, "***")
    return data


if __name__ == "__main__":
    main()
