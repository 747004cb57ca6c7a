"""A checkpoint of openai-whisper as CTranslate2 describes a model.

Source of the names: CTranslate2's converter of Hugging Face's Whisper
(`ctranslate2.converters.transformers`), which would need `transformers`.
"""

import base64
import gzip
from typing import Any

import numpy as np
from ctranslate2.converters.utils import fuse_linear
from ctranslate2.specs import common_spec
from ctranslate2.specs.whisper_spec import WhisperSpec

Weights = dict[str, Any]


def describe(dims: dict[str, int], weights: Weights) -> WhisperSpec:
    """Return the model of a checkpoint. Raises LookupError where a weight is missing."""
    spec = WhisperSpec(
        dims["n_audio_layer"], dims["n_audio_head"], dims["n_text_layer"], dims["n_text_head"]
    )
    encoder, decoder = spec.encoder, spec.decoder
    _plain(encoder.conv1, weights, "encoder.conv1")
    _plain(encoder.conv2, weights, "encoder.conv2")
    encoder.position_encodings.encodings = weights["encoder.positional_embedding"]
    _norm(encoder.layer_norm, weights, "encoder.ln_post")
    for i, layer in enumerate(encoder.layer):
        _block(layer, weights, f"encoder.blocks.{i}")
    decoder.embeddings.weight = weights["decoder.token_embedding.weight"]
    decoder.projection.weight = decoder.embeddings.weight  # one matrix, both ways
    decoder.position_encodings.encodings = weights["decoder.positional_embedding"]
    _norm(decoder.layer_norm, weights, "decoder.ln")
    for i, layer in enumerate(decoder.layer):
        _block(layer, weights, f"decoder.blocks.{i}")
        _cross(layer.attention, weights, f"decoder.blocks.{i}.cross_attn")
    return spec


def heads(dims: dict[str, int], dump: bytes | None) -> list[list[int]]:
    """Return layer and number of the heads that tell word times.

    `dump` is what whisper publishes for a model of its own; any other has the upper half of its
    layers looked at, as whisper does.
    """
    layers, count = dims["n_text_layer"], dims["n_text_head"]
    if dump is None:
        return [[layer, head] for layer in range(layers // 2, layers) for head in range(count)]
    chosen = np.frombuffer(gzip.decompress(base64.b85decode(dump)), dtype=bool)
    found: list[list[int]] = np.argwhere(chosen.reshape(layers, count)).tolist()
    return found


def _block(spec: Any, weights: Weights, name: str) -> None:
    attention = spec.self_attention
    _norm(attention.layer_norm, weights, f"{name}.attn_ln")
    parts = [_linear(weights, f"{name}.attn.{part}") for part in ("query", "key", "value")]
    fuse_linear(attention.linear[0], parts)
    _plain(attention.linear[1], weights, f"{name}.attn.out")
    _norm(spec.ffn.layer_norm, weights, f"{name}.mlp_ln")
    _plain(spec.ffn.linear_0, weights, f"{name}.mlp.0")
    _plain(spec.ffn.linear_1, weights, f"{name}.mlp.2")


def _cross(attention: Any, weights: Weights, name: str) -> None:
    _norm(attention.layer_norm, weights, f"{name}_ln")
    fuse_linear(attention.linear[0], [_linear(weights, f"{name}.query")])
    parts = [_linear(weights, f"{name}.{part}") for part in ("key", "value")]
    fuse_linear(attention.linear[1], parts)
    _plain(attention.linear[2], weights, f"{name}.out")


def _linear(weights: Weights, name: str) -> common_spec.LinearSpec:
    spec = common_spec.LinearSpec()
    spec.weight = weights[f"{name}.weight"]
    if not name.endswith(".key"):  # which has none
        spec.bias = weights[f"{name}.bias"]
    return spec


def _plain(spec: Any, weights: Weights, name: str) -> None:
    spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]
