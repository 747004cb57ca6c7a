"""What a CTranslate2 model is made of, out of a checkpoint of openai-whisper."""

import json
from pathlib import Path
from typing import Any

import torch
from whisper.tokenizer import get_tokenizer

from karaokify_daemon.adapters.whisper.faster import tokens, weights
from karaokify_daemon.adapters.whisper.loading import official_heads, unreadable

_MULTILINGUAL = 51_865  # tokens; source: whisper.model.Whisper


def convert(checkpoint: Path, folder: Path) -> None:
    """Write model, tokenizer and configuration into a folder. Raises ModelError, OSError."""
    try:
        loaded = torch.load(checkpoint, map_location="cpu", weights_only=True)
        dims, state = loaded["dims"], loaded["model_state_dict"]
        spec = weights.describe(dims, state)
        _configure(spec.config, dims, checkpoint)
        tokenizer = tokens.build(_tokenizer(dims).encoding)
        spec.register_vocabulary([tokenizer.id_to_token(i) for i in range(dims["n_vocab"])])
        spec.validate()
        spec.optimize()
    except Exception as error:  # torch raises whatever a damaged or foreign file leads to
        raise unreadable(checkpoint, error) from error
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    mels = {"feature_size": dims["n_mels"]}
    (folder / "preprocessor_config.json").write_text(json.dumps(mels), encoding="ascii")


def _configure(config: Any, dims: dict[str, int], checkpoint: Path) -> None:
    tokenizer = _tokenizer(dims)
    config.suppress_ids = list(tokenizer.non_speech_tokens)
    config.suppress_ids_begin = [*tokenizer.encode(" "), tokenizer.eot]
    config.lang_ids = sorted(tokenizer.all_language_tokens)
    config.alignment_heads = weights.heads(dims, official_heads(dims, checkpoint))


def _tokenizer(dims: dict[str, int]) -> Any:
    multilingual = dims["n_vocab"] >= _MULTILINGUAL
    languages = dims["n_vocab"] - _MULTILINGUAL + 100 - int(multilingual)
    return get_tokenizer(multilingual, num_languages=languages)
