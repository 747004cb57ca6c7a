"""Whisper's tokenizer in the form that faster-whisper reads: the same tokens, with the same ids.

Whisper has a list of tokens by rank (tiktoken); `tokenizers` wants the pairs that are merged, and
letters for bytes. Source of both: GPT-2, https://github.com/openai/gpt-2 (src/encoder.py).
"""

from itertools import pairwise
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

_BEYOND_LATIN_1 = 256


def build(encoding: Any) -> Tokenizer:
    """Return the tokenizer with the tokens and ids of a tiktoken encoding."""
    ranks: dict[bytes, int] = encoding._mergeable_ranks  # noqa: SLF001 - published nowhere else
    letters = _letters()

    def written(token: bytes) -> str:
        return "".join(letters[byte] for byte in token)

    merges = [
        pair for token in sorted(ranks, key=ranks.__getitem__) if (pair := _pair(token, ranks))
    ]
    model = BPE(
        {written(token): rank for token, rank in ranks.items()},
        [(written(left), written(right)) for left, right in merges],
    )
    tokenizer = Tokenizer(model)
    split = pre_tokenizers.Split(Regex(encoding._pat_str), "isolated")  # noqa: SLF001 - the same
    as_letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, as_letters])
    tokenizer.decoder = decoders.ByteLevel()
    special = sorted(encoding.special_tokens_set, key=encoding.encode_single_token)
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    return tokenizer


def _pair(token: bytes, ranks: dict[bytes, int]) -> tuple[bytes, bytes] | None:
    """Return the two tokens whose merge makes this one: what merges before it leave of it."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        pairs = [ranks.get(left + right, ranks[token]) for left, right in pairwise(parts)]
        first = pairs.index(min(pairs))
        parts[first : first + 2] = [parts[first] + parts[first + 1]]
    return (parts[0], parts[1]) if len(parts) == 2 else None


def _letters() -> dict[int, str]:
    """Return a letter that can be seen for each byte, as GPT-2 has them."""
    seen = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    unseen = [byte for byte in range(256) if byte not in seen]
    return {byte: chr(byte) for byte in seen} | {
        byte: chr(_BEYOND_LATIN_1 + i) for i, byte in enumerate(unseen)
    }
