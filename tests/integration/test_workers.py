import threading
import time

import pytest

from karaokify_daemon.config import Config, Folders, Limits, Transcribe
from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline.recognition import Seat
from karaokify_daemon.service import workers as module
from karaokify_daemon.service.workers import Workers, differ
from tests.support.speech import EASY, spoken_pcm

pytestmark = pytest.mark.torch

PATIENCE_S = 120
SETTINGS = Transcribe(model="demo", device="cpu", threads=1, language="en")


@pytest.fixture
def workers(tmp_path):
    """Two workers, and the events that they tell."""
    config = Config(
        folders=Folders(cache=tmp_path / "cache"), transcribe=SETTINGS, limits=Limits(workers=2)
    )
    events = []
    made = Workers(config, lambda event, fields: events.append((event, fields)))
    yield made, events
    made.close()


def test_two_recordings_are_recognised_at_once_by_two_workers(workers, tmp_path):
    pool, events = workers
    pcm = tmp_path / "easy.pcm"
    duration_ms, _ = spoken_pcm(pcm)
    both, texts = threading.Barrier(2, timeout=PATIENCE_S), []

    def hear():
        met = []

        def meet(_fraction):
            if not met:
                met.append(True)
                both.wait()  # neither goes on before the other has begun

        result = pool.recognise(
            pcm, span=(0, duration_ms), model="demo", language="en", on_progress=meet
        )
        texts.append(result["text"])

    threads = [threading.Thread(target=hear) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert texts == [EASY, EASY]
    pids = {fields["pid"] for event, fields in events if event == "worker.started"}
    assert len(pids) == 2
    assert pool.has("demo")


def test_a_recording_goes_to_the_worker_that_has_its_model(workers, tmp_path):
    pool, events = workers
    pcm = tmp_path / "easy.pcm"
    duration_ms, _ = spoken_pcm(pcm)
    seat = Seat()
    for _ in range(2):
        pool.recognise(pcm, span=(0, duration_ms), model="demo", language="en", seat=seat)
    assert [event for event, _ in events].count("worker.started") == 1
    assert seat.had_ms == 2 * duration_ms
    assert not pool.has("demo")  # the other one has nothing yet


def test_voices_are_found_by_a_worker_without_a_model(workers, tmp_path):
    pool, events = workers
    pcm = tmp_path / "easy.pcm"
    duration_ms, said = spoken_pcm(pcm)
    seat = Seat()
    [(start, end)] = pool.voices(pcm, span=(0, duration_ms), seat=seat)
    assert seat.had_ms == duration_ms
    assert start <= said[0].start * 1000 + 100
    assert said[-1].end * 1000 - 300 <= end <= duration_ms
    assert "model.loaded" not in [event for event, _ in events]


def test_whoever_is_stopped_while_others_work_waits_no_longer(workers, tmp_path):
    pool, _ = workers
    pcm = tmp_path / "easy.pcm"
    spoken_pcm(pcm)
    with pytest.raises(CancelledError):
        pool.voices(pcm, span=(0, 1000), cancelled=lambda: True)


def test_each_device_has_a_worker_and_other_devices_are_other_workers():
    one = Config(transcribe=SETTINGS)
    two = Config(transcribe=SETTINGS.model_copy(update={"devices": ("cpu", "cpu")}))
    assert differ(one, two)
    assert differ(one, Config(transcribe=SETTINGS, limits=Limits(workers=3)))
    assert not differ(one, Config(transcribe=SETTINGS, limits=Limits(renderers=3)))
    told_with_jobs = {"language": "de", "no_speech": "fail", "chunk_seconds": 60.0, "vad": True}
    assert not differ(one, Config(transcribe=SETTINGS.model_copy(update=told_with_jobs)))
    assert Workers(two)._turns._free == [0, 1]


@pytest.mark.parametrize(("workers", "threads"), [(1, 4), (2, 2), (3, 1), (9, 1)])
def test_workers_share_the_processors(monkeypatch, workers, threads):
    monkeypatch.setattr(module.resources, "cpus", lambda: 4)
    limits = Limits(workers=workers)
    made = Workers(Config(transcribe=Transcribe(), limits=limits))
    assert {one._settings.threads for one in made._all} == {threads}
    made = Workers(Config(transcribe=Transcribe(threads=7), limits=limits))
    assert {one._settings.threads for one in made._all} == {7}


def test_a_worker_that_has_just_died_is_passed_by(workers, tmp_path):
    pool, _ = workers
    pcm = tmp_path / "easy.pcm"
    duration_ms, _ = spoken_pcm(pcm)
    pool._all[0]._deaths, pool._all[0]._died_at = 8, time.monotonic()
    pool.recognise(pcm, span=(0, duration_ms), model="demo", language="en")
    assert pool._all[0].pid is None and pool._all[1].model == "demo"
