"""Long recordings by the real service: in chunks, resumed in the middle, fair to short ones."""

import json
import signal
import wave
from datetime import datetime

import pytest

from tests.support.service import events
from tests.support.speech import EASY, spoken_pcm

pytestmark = pytest.mark.torch

CHUNK_S = 10


def record(folder, name, texts):
    """Write a spoken WAV file beside the inbox, and return its path."""
    pcm = folder / f"{name}.pcm"
    spoken_pcm(pcm, texts, pause_s=0.5)
    path = folder / f"{name}.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(pcm.read_bytes())
    return path


def chunks(log, event="chunk.finished"):
    return [(line["begin"], line["end"]) for line in events(log, event)]


@pytest.fixture
def chunked(tree):
    tree.settings |= {"transcribe.chunk_seconds": str(CHUNK_S), "log.level": "debug"}
    return tree


def test_a_kill_in_the_middle_costs_one_chunk(chunked, tmp_path):
    media = record(tmp_path, "talk", [EASY] * 16)  # about 48 s
    with chunked.start() as service:
        service.wait_for("inbox.watched")
        media.rename(chunked.inbox / media.name)
        while len(chunks(service.log)) < 2:
            service.wait_for(
                "chunk.finished", begin=max(e for _, e in [(0, 0), *chunks(service.log)])
            )
        service.process.send_signal(signal.SIGKILL)
        service.process.wait(timeout=60)
        before = chunks(service.log)
    status, log = chunked.once()
    assert status == 0
    assert chunks(log, "chunk.reused")[:2] == before[:2]
    again = chunks(log)
    assert len(again) >= 3
    assert not {*again} & {*before[:2]}
    [bundle] = chunked.names("outbox")
    transcript = json.loads((chunked.outbox / bundle / f"{bundle}.json").read_text())
    assert transcript["text"].split().count("river.") >= 15
    assert transcript["segments"][-1]["end"] > 47
    # What was kept of the chunks is needed no more.
    assert len(list((chunked.cache / "transcripts").glob("*.json"))) == 1


def test_short_recordings_do_not_wait_for_the_end_of_a_long_one(chunked, tmp_path):
    long = record(tmp_path, "long", [EASY] * 24)
    shorts = [record(tmp_path, f"short-{i}", [f"{EASY} {EASY}"] * (i + 1)) for i in range(2)]
    with chunked.start() as service:
        service.wait_for("inbox.watched")
        long.rename(chunked.inbox / long.name)
        service.wait_for("chunk.finished")
        for path in shorts:
            path.rename(chunked.inbox / path.name)
        service.wait_for("stage.finished", stage="transcribe", file="long.wav")
        heard = [line["file"] for line in events(service.log, "stage.finished")
                 if line["stage"] == "transcribe"]  # fmt: skip
        assert heard == ["short-0.wav", "short-1.wav", "long.wav"]
        done = service.wait_for("job.done", file="long.wav")
        # Its turns, and not those of the others between them.
        begun = service.wait_for("stage.finished", stage="decode", file="long.wav")["timestamp"]
        ended = service.wait_for("stage.finished", stage="transcribe", file="long.wav")["timestamp"]
        whole = datetime.fromisoformat(ended) - datetime.fromisoformat(begun)
        assert done["stages"]["transcribe"] < whole.total_seconds()


def test_the_same_sound_is_recognised_once_also_when_it_comes_twice_at_once(chunked, tmp_path):
    media = record(tmp_path, "talk", [EASY] * 4)
    for name in ("one", "two"):
        (chunked.inbox / f"{name}.toml").write_text(f'title = "{name}"\n')
        (chunked.inbox / f"{name}.wav").write_bytes(media.read_bytes())
    status, log = chunked.once()
    assert status == 0
    assert sorted(chunked.names("outbox")) == ["one", "two"]
    assert sorted(line["cache_hit"] for line in events(log, "job.done")) == [False, True]
