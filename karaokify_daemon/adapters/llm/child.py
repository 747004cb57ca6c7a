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
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_MEMORY = 1_500_000_000  # bytes: an answer that unpacks to more ends this process, not the machine
_LONGEST = 1_000_000  # bytes of a reply
_LONGEST_SAID = 400  # characters of an error
_CREDENTIAL = "llm-api-key"
_SECRET = re.compile(  # words of a variable's name: AUTHOR is none
    r"(KEY|TOKEN|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL)S?(?![A-Z])"
    r"|(?<![A-Z])AUTH(ORIZATION)?(?![A-Z])|_PWD(?![A-Z])",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"_(BASE|BASE_URL|ENDPOINT)$", re.IGNORECASE)
_SHORTEST_SECRET = 8  # characters: a shorter one, such as "1", is no secret
_SHORTEST_IN_PATH = 16
_CHARACTER = re.compile(r'\\u([0-9a-fA-F]{4})|\\(["\\/])|\\([bfnrt])|.', re.DOTALL)  # as in JSON
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
        done = {"failure": _failure(error, model.line, order["api_base"])}
    if "messages" in order:
        done["requests"] = sum(one is not None for one in model.line)
    raw = _encoded(done, order["api_base"])
    if len(raw) > _LONGEST:
        raw = _encoded({"failure": {"kind": "TooLong"}})
    while raw:
        raw = raw[os.write(replies, raw) :]


def _encoded(reply: dict[str, Any], api_base: str | None = None) -> bytes:
    return json.dumps(_redacted(reply, _secrets(api_base))).encode() + b"\n"


class Line(list[int | None]):
    """What became of the requests that were made: the status of the answer.

    0 where one was sent and no answer began; None where it was not sent. litellm does not tell
    these apart: it gives a status to everything, also to an answer that it cannot read.
    """

    _watching = False

    def watch(self) -> None:
        """Hear of each request of httpx, which litellm and the clients it uses send them with."""
        import httpx  # noqa: PLC0415 - only where it is used

        if self._watching:
            return
        send = httpx.HTTPTransport.handle_request
        unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

        def watched(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            try:
                response = send(transport, request)
            except (*unsent, httpx.UnsupportedProtocol):
                self.append(None)
                raise
            except BaseException:
                self.append(0)
                raise
            self.append(response.status_code)
            return response

        httpx.HTTPTransport.handle_request = watched  # type: ignore[assignment]
        self._watching = True


class Model:
    """One model of one provider, as litellm reaches it."""

    def __init__(self) -> None:
        self._key: str | None = None
        self._form = 0  # which of the forms of a request the endpoint takes, found by trying
        self.line = Line()

    def open(self, order: dict[str, Any]) -> dict[str, Any]:
        """Import litellm; return the provider's name, the model's prices, which key is missing."""
        self.line.watch()
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
        self.line.clear()
        forms = _forms(order["schema"])
        while True:
            try:
                response = self._ask(litellm, order, forms[self._form])
            except (litellm.BadRequestError, litellm.UnprocessableEntityError) as error:
                too_long = isinstance(error, litellm.ContextWindowExceededError)
                # What was answered, and could not be read, is told as a bad request by some.
                answered = self.line and (self.line[-1] or 0) < 400
                if too_long or answered or self._form == len(forms) - 1:
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


def _failure(
    error: BaseException, line: Sequence[int | None] = (), api_base: str | None = None
) -> dict[str, Any]:
    response = getattr(error, "response", None)
    headers = getattr(error, "litellm_response_headers", None)
    headers = headers or getattr(response, "headers", None) or {}
    status = getattr(error, "status_code", None)
    last = line[-1] if line else None
    refused = last is not None and last >= 400
    secrets = _secrets(api_base) + _parts(api_base, _SHORTEST_SECRET)
    return {
        "kind": type(error).__name__,
        "status": last if refused else status if isinstance(status, int) else None,
        "answered": refused,
        "may_cost": last is not None and not refused,
        "retry_after": _retry_after(headers),
        # A key that is cut would not be recognised: so it is cut afterwards.
        "said": _redacted(str(error), secrets).partition("Traceback (most")[0][:_LONGEST_SAID],
    }


def _retry_after(headers: Any) -> str:
    milliseconds = str(headers.get("retry-after-ms", ""))
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", milliseconds):
        return f"{float(milliseconds) / 1000:.3f}"
    return str(headers.get("retry-after", ""))[:100]


def credential() -> str | None:
    """Return the key that systemd hands over, if it does. Raises OSError."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / _CREDENTIAL if folder else None
    return (path.read_text("utf-8").strip() or None) if path and path.exists() else None


def _secrets(api_base: str | None = None) -> list[str]:
    """Return the keys that this process knows: some have theirs in the path of an address."""
    found = {value.strip() for name, value in os.environ.items() if _SECRET.search(name)}
    with contextlib.suppress(OSError, ValueError):  # what cannot be read is told by no one
        found.add(credential() or "")
    addresses = [value for name, value in os.environ.items() if _ADDRESS.search(name)]
    for address in (api_base, *addresses):
        parts = _parts(address, _SHORTEST_IN_PATH)
        found.update(part for part in parts if any(map(str.isdigit, part)))
    return [secret for secret in found if len(secret) >= _SHORTEST_SECRET]


def _parts(address: str | None, shortest: int) -> list[str]:
    """Return the long parts of an address's path, as they are and as servers read them."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(address or "").path.split("/")
        return [part for part in {*parts, *map(unquote, parts)} if len(part) >= shortest]
    return []


def _redacted(data: Any, secrets: Sequence[str]) -> Any:
    """Return data without secrets: a provider may repeat them."""
    if isinstance(data, dict):
        return {key: _redacted(value, secrets) for key, value in data.items()}
    if isinstance(data, str):
        for secret in sorted(secrets, key=len, reverse=True):
            data = _without(data.replace(secret, "***"), secret)
    return data


def _without(text: str, secret: str) -> str:
    """Return a text without a secret that is seen once the JSON in the text is decoded.

    What is not seen may stand between its characters.
    """
    if "\\" not in text and text.isprintable():
        return text
    found = [(c, m) for m in _CHARACTER.finditer(text) if _is_seen(c := _decoded(m))]
    line = "".join(character for character, _ in found)
    kept, at, end = [], 0, 0
    while (at := line.find(secret, at)) >= 0:
        kept.append(text[end : found[at][1].start()])
        at += len(secret)
        end = found[at - 1][1].end()
    return "***".join([*kept, text[end:]])


def _decoded(match: "re.Match[str]") -> str:
    if match[3]:
        return "\n"  # or another that is not seen
    return chr(int(match[1], 16)) if match[1] else match[2] or match[0]


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf")


if __name__ == "__main__":
    main()
