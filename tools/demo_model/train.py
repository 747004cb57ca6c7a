"""Train the demo model: a small English Whisper, from scratch, on espeak-ng speech.

    python -m tools.demo_model.train --out demo.pt --minutes 60 [--resume demo.pt]

Three losses make it learn on a CPU: the usual next-token loss; the word spoken in each 20 ms
encoder frame (known from espeak's word events); and cross-attention to the right word: the word
just read for the first decoder layer, the word to be said next for the last one, which is the layer
that word timing is read from.
"""

import argparse
import math
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from whisper.model import ModelDimensions, MultiHeadAttention, Whisper

from tools.demo_model.examples import TIMESTAMP_0, USED_TOKENS, WORD_CLASS, Batches

N_VOCAB = 51864  # the English tokenizer's; the rows of unused tokens stay zero and compress away
_WHISPER = "model_state_dict"
_FRAMES = "frame_head"  # ours: whisper.load_model reads the dims and the weights only


class Trainee(nn.Module):
    """A Whisper whose token table holds the used tokens only, and a word class for each frame."""

    def __init__(self, state: int, audio_layers: int = 3, text_layers: int = 2, heads: int = 4):
        super().__init__()
        self.dims = ModelDimensions(
            80, 1500, state, heads, audio_layers, N_VOCAB, 448, state, heads, text_layers
        )
        self.whisper = Whisper(self.dims)
        self.whisper.decoder.token_embedding = nn.Identity()
        self.tokens = nn.Embedding(len(USED_TOKENS), state)
        self.frames = nn.Linear(state, len(WORD_CLASS) + 1)
        nn.init.normal_(self.whisper.decoder.positional_embedding, std=0.02)
        nn.init.normal_(self.tokens.weight, std=0.05)
        index = torch.full((N_VOCAB,), -1)
        index[torch.tensor(USED_TOKENS)] = torch.arange(len(USED_TOKENS))
        self.register_buffer("index", index, persistent=False)

    def encode(self, mel: torch.Tensor) -> torch.Tensor:
        """Whisper's encoder, on windows shorter than 30 s as well."""
        e = self.whisper.encoder
        x = F.gelu(e.conv2(F.gelu(e.conv1(mel)))).permute(0, 2, 1)
        x = x + e.positional_embedding[: x.shape[1]]
        for block in e.blocks:
            x = block(x)
        return e.ln_post(x)

    def decode(
        self, tokens: torch.Tensor, audio: torch.Tensor
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return logits over the used tokens, and each layer's cross-attention scores."""
        d = self.whisper.decoder
        x = self.tokens(self.index[tokens]) + d.positional_embedding[: tokens.shape[1]]
        scores = []
        for block in d.blocks:
            x = x + block.attn(block.attn_ln(x), mask=d.mask)[0]
            y, qk = _attend(block.cross_attn, block.cross_attn_ln(x), audio)
            x = x + y
            scores.append(qk)
            x = x + block.mlp(block.mlp_ln(x))
        return d.ln(x) @ self.tokens.weight.T, scores

    def checkpoint(self) -> dict[str, Any]:
        """Return what `whisper.load_model(path)` reads, and what `resume` needs."""
        table = torch.zeros(N_VOCAB, self.dims.n_text_state)
        table[torch.tensor(USED_TOKENS)] = self.tokens.weight.detach().cpu()
        weights = {
            name: value.detach().cpu().half()
            for name, value in self.whisper.state_dict().items()
            if name != "alignment_heads"
        }
        weights["decoder.token_embedding.weight"] = table.half()
        head = {
            name: value.detach().cpu().half() for name, value in self.frames.state_dict().items()
        }
        return {"dims": self.dims.__dict__, _WHISPER: weights, _FRAMES: head}

    def resume(self, path: Path) -> None:
        """Take up the weights of an earlier `checkpoint`."""
        saved = torch.load(path, map_location="cpu", weights_only=True)
        weights = dict(saved[_WHISPER])
        table = weights.pop("decoder.token_embedding.weight")
        self.whisper.load_state_dict(weights, strict=False)
        self.tokens.load_state_dict({"weight": table[torch.tensor(USED_TOKENS)]})
        if _FRAMES in saved:
            self.frames.load_state_dict(saved[_FRAMES])


def _attend(
    attention: MultiHeadAttention, x: torch.Tensor, audio: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what the module returns, the scores not detached, so that a loss can reach them."""
    parts = [attention.query(x), attention.key(audio), attention.value(audio)]
    q, k, v = (y.unflatten(-1, (attention.n_head, -1)).transpose(1, 2) for y in parts)
    qk = (q @ k.transpose(-1, -2)).float() / math.sqrt(q.shape[-1])
    out = (qk.softmax(-1).to(v.dtype) @ v).transpose(1, 2).flatten(2)
    return attention.out(out), qk


def losses(
    net: Trainee, batch: list[torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the total loss, the token loss, and the share of words predicted right."""
    mel, tokens, target, here, following, frames = batch
    audio = net.encode(mel)
    frame_loss = F.cross_entropy(net.frames(audio).float().transpose(1, 2), frames)
    logits, scores = net.decode(tokens, audio)
    # At inference the 50,000 unused tokens compete with logit 0: in training too, as one class.
    unused = math.log(N_VOCAB - len(USED_TOKENS))
    others = torch.full((*logits.shape[:2], 1), unused, device=logits.device)
    logits = torch.cat([logits.float(), others], -1)
    wanted = torch.where(target >= 0, net.index[target.clamp_min(0)], -100)
    token_loss = F.cross_entropy(logits.transpose(1, 2), wanted, ignore_index=-100)
    attention_loss = _outside(scores[0], here) + _uneven(scores[-1], following)
    words = (target >= 0) & (target < TIMESTAMP_0)
    right = ((logits.argmax(-1) == wanted) & words).sum() / words.sum().clamp_min(1)
    return token_loss + frame_loss + 0.5 * attention_loss, token_loss, right


def _outside(scores: torch.Tensor, span: torch.Tensor) -> torch.Tensor:
    """Each token looks into its own span: -log of the share of its attention that falls there."""
    share = (scores.float().softmax(-1) * span[:, None]).sum(-1).clamp_min(1e-6).log().mean(1)
    return -share[span.sum(-1) > 0].mean()


def _uneven(scores: torch.Tensor, span: torch.Tensor) -> torch.Tensor:
    """Each token looks at all of its own span alike: KL divergence from a uniform attention.

    Alignment moves to the next word where that one's attention rises above this one's. With the
    first loss, attention crowds into the onsets of words, and the end of a word, where all have
    let go, falls to the next one: starts came 60 ms early.
    """
    length = span.sum(-1)
    uniform = span / length.clamp_min(1)[..., None]
    inside = (scores.float().log_softmax(-1).mean(1) * uniform).sum(-1)
    return -(inside + length.clamp_min(1).log())[length > 0].mean()


def train(net: Trainee, a: argparse.Namespace) -> None:
    """Run for `a.minutes`, the learning rate on a cosine over that time."""
    data = Batches(a.seed, a.utterances, a.scale)
    loader = DataLoader(data, batch_size=None, num_workers=a.workers, prefetch_factor=4)
    optimizer = torch.optim.AdamW(net.parameters(), lr=a.peak, weight_decay=0.01, betas=(0.9, 0.98))
    start, saved = time.monotonic(), time.monotonic()
    for step, batch in enumerate(loader):
        done = (time.monotonic() - start) / 60 / a.minutes
        if done >= 1:
            break
        for group in optimizer.param_groups:
            cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))
            group["lr"] = a.peak * min(1, (step + 1) / 100) * cosine
        with torch.autocast(a.device, dtype=torch.bfloat16):
            total, token_loss, right = losses(net, [x.to(a.device) for x in batch])
        total.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 100 == 0:
            elapsed, window = time.monotonic() - start, batch[0].shape[-1] / 100
            figures = f"tokens {token_loss.item():.3f} words right {right.item():.3f}"
            print(f"{step} {elapsed:.0f}s window {window:.0f}s {figures}", flush=True)
        if time.monotonic() - saved > 600:
            torch.save(net.checkpoint(), a.out)
            saved = time.monotonic()
    torch.save(net.checkpoint(), a.out)


def main() -> None:
    """Read the command line and train."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", required=True)
    p.add_argument("--minutes", type=float, default=60)
    p.add_argument("--state", type=int, default=128)
    p.add_argument("--utterances", type=int, default=8000)
    p.add_argument("--peak", type=float, default=1e-3)
    p.add_argument("--scale", type=int, default=1, help="times the batch size, for a GPU")
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    p.add_argument("--resume", type=Path)
    a = p.parse_args()
    torch.manual_seed(a.seed)
    net = Trainee(a.state)
    if a.resume:
        net.resume(a.resume)
    train(net.to(a.device), a)


if __name__ == "__main__":
    main()
