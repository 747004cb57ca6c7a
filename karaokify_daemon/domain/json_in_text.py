"""A JSON object somewhere in a text that a language model has written.

Everything here takes time in proportion to the text: a pattern that looks to the last character for
the end of each thought, or fence, would take minutes where there are thousands of beginnings.
"""

import json
import re
from collections.abc import Collection
from typing import Any

_ATTEMPTS = 100  # places of a text at which JSON may begin
_FENCE = re.compile(r"```[a-zA-Z]*\s*(?=\{)")
_BEGIN, _END = "<think>", "</think>"


def json_object(text: str, known: Collection[str]) -> dict[str, Any] | None:
    """Return the first JSON object of a text that has `known` keys; None where there is none."""
    text = _without_thoughts(text)
    for candidate in (text, _fenced(text)):
        if (found := _decoded(candidate, known)) is not None:
            return found
    starts = [found.start() for found in re.finditer(r"\{", text)][:_ATTEMPTS]
    tried = (_decoded(text[at:], known, whole=False) for at in starts)
    return next((found for found in tried if found is not None), None)


def _without_thoughts(text: str) -> str:
    """Leave out what a model has thought aloud.

    >>> _without_thoughts("<think>a</think>b<think>c</think>d<think>e")
    'bd<think>e'
    """
    parts, at = [], 0
    while (begin := text.find(_BEGIN, at)) >= 0 and (end := text.find(_END, begin)) >= 0:
        parts.append(text[at:begin])
        at = end + len(_END)
    return "".join([*parts, text[at:]])


def _fenced(text: str) -> str:
    r"""Return what stands in a fence of Markdown, up to the last one; empty where there is none.

    >>> _fenced('Here: ```json\n{"a": 1}\n``` Good?')
    '{"a": 1}\n'
    """
    opening = _FENCE.search(text)
    return "" if opening is None else text[opening.end() :].rpartition("```")[0]


def _decoded(text: str, known: Collection[str], *, whole: bool = True) -> dict[str, Any] | None:
    decoder = json.JSONDecoder(parse_constant=_refuse)
    try:
        found = decoder.decode(text) if whole else decoder.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None
    count = sum(key in known for key in found) if isinstance(found, dict) else 0
    return found if count >= (1 if whole else 2) else None  # a chapter has a title, too


def _refuse(name: str) -> float:
    raise ValueError(name)
