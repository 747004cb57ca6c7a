# ruff: noqa: PLC0415 - torch is imported only where a test that needs it runs
"""The engine in memory, and what it does where a GPU is too small.

There is no GPU here: engines say that they are on one, and have too little memory. On the
processor, and in what they hear, they are real.
"""

import gc
import shutil
import weakref

import pytest

from karaokify_daemon.adapters.whisper import engines, models
from karaokify_daemon.adapters.whisper.resident import Resident
from karaokify_daemon.config import Config, Folders, Transcribe
from karaokify_daemon.errors import ModelError, OutOfMemoryError, TranscribeError
from karaokify_daemon.pipeline.recognition import InProcess
from karaokify_daemon.pipeline.transcriber import Transcriber
from karaokify_daemon.service import worker
from tests.support.speech import EASY, spoken_pcm

pytestmark = pytest.mark.torch

GPU = Transcribe(model="demo", device="cuda", threads=1, download=False)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    pcm = tmp_path_factory.mktemp("speech") / "short.pcm"
    return pcm, spoken_pcm(pcm)[0]


@pytest.fixture
def another(cache, tmp_path):
    """The same model under another name."""
    copy = tmp_path / "smaller.pt"
    shutil.copy(models.resolve("demo", cache, download=False).path, copy)
    return str(copy)


class Gpu:
    """A GPU that is not there, and what fits into its memory."""

    def __init__(self, monkeypatch):
        self.fits = lambda _model, _beam: False
        self.loads = lambda _model: True
        self.says = "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has"
        self.engines, self.tensors = weakref.WeakSet(), weakref.WeakSet()
        self._real = engines.load
        monkeypatch.setattr(engines, "load", self._load)

    def _load(self, file, engine, *, device, **options):
        import torch

        if device == "cpu":
            return self._real(file, engine, device="cpu", **options)
        assert not self.alive(), "two models at once do not fit into its memory"
        if not self.loads(file.name):
            raise ModelError("does not fit into the memory of device 'cuda'", gpu_memory=True)
        found = self._real(file, engine, device="cpu", **options)
        found.device, attempts = "cuda", found._ladder

        def attempt(name, real):
            def run(audio, language):
                held = torch.zeros(1000)
                self.tensors.add(held)
                if self.fits(file.name, found.beam):
                    return real(audio, language)
                if self.says.startswith("CUDA error"):
                    raise RuntimeError(self.says)
                raise torch.cuda.OutOfMemoryError(self.says)

            return run

        found._ladder = lambda: {name: attempt(name, real) for name, real in attempts().items()}
        found._free = gc.collect  # there are no caches of CUDA's to empty
        type(found)._fp16 = property(lambda _self: False)
        self.engines.add(found)
        return found

    def alive(self):
        gc.collect()
        return list(self.engines)


@pytest.fixture
def gpu(monkeypatch):
    from karaokify_daemon.adapters.whisper.engine import Engine

    fp16 = Engine._fp16
    yield Gpu(monkeypatch)
    Engine._fp16 = fp16


class Desk:
    """A resident engine with what was told of it."""

    def __init__(self, settings, cache):
        self.told, self.now, self.beam = [], 0.0, settings.beam
        self.resident = Resident(
            settings, cache, lambda *event: self.told.append(event), clock=lambda: self.now
        )

    def hear(self, recording, model="demo"):
        pcm, duration_ms = recording
        return self.resident.recognise(
            pcm,
            span=(0, duration_ms),
            model=model,
            language="en",
            threads=1,
            beam=self.beam,
            on_progress=lambda _fraction: None,
        )

    def steps(self):
        return [fields["change"] for event, fields in self.told if event == "engine.smaller"]


def test_what_fits_stays_on_the_gpu(gpu, cache, short):
    gpu.fits = lambda _model, _beam: True
    desk = Desk(GPU, cache)
    result = desk.hear(short)
    assert (result["text"], result["engine"]["device"]) == (EASY, "cuda")
    assert "instead_of" not in result["engine"]
    assert desk.steps() == []


def test_a_beam_that_does_not_fit_is_given_up_and_told(gpu, cache, short):
    gpu.fits = lambda _model, beam: beam == 1
    desk = Desk(GPU.model_copy(update={"beam": 3}), cache)
    result = desk.hear(short)
    assert result["text"] == EASY
    assert result["engine"]["instead_of"] == {"beam": 3}
    assert (result["engine"]["beam"], result["engine"]["device"]) == (1, "cuda")
    assert desk.steps() == ["beam 1 instead of 3"]
    assert [event for event, _ in desk.told].count("model.loaded") == 1, "it is the same engine"


def test_a_model_that_does_not_fit_gives_way_to_the_fallback(gpu, cache, short, another):
    gpu.fits = lambda model, _beam: model == another
    desk = Desk(GPU.model_copy(update={"fallback_model": another}), cache)
    result = desk.hear(short)
    assert result["text"] == EASY
    assert result["engine"]["model"] == another
    assert result["engine"]["instead_of"] == {"model": "demo"}
    assert desk.steps() == [f"model {another} instead of demo"]
    assert desk.resident.model == another


def test_where_nothing_fits_the_processor_does_it(gpu, cache, short, another):
    desk = Desk(GPU.model_copy(update={"fallback_model": another, "beam": 2}), cache)
    result = desk.hear(short)
    assert (result["text"], result["engine"]["device"]) == (EASY, "cpu")
    assert desk.steps() == [
        "beam 1 instead of 2",
        f"model {another} instead of demo",
        "device cpu instead of cuda",
    ]


def test_a_model_that_cannot_even_be_loaded_goes_the_same_way(gpu, cache, short):
    gpu.loads = lambda _model: False
    desk = Desk(GPU, cache)
    result = desk.hear(short)
    assert (result["text"], result["engine"]["device"]) == (EASY, "cpu")
    assert "instead_of" not in result["engine"], "the same model has done it"
    assert desk.steps() == ["device cpu instead of cuda"]


def test_nothing_is_held_on_the_gpu_when_it_is_tried_again(gpu, cache, short):
    held = []
    desk = Desk(GPU, cache)
    tell = desk.resident._tell

    def look(event, fields):
        if event == "engine.smaller":
            held.append((gpu.alive(), list(gpu.tensors)))
        tell(event, fields)

    desk.resident._tell = look
    desk.hear(short)
    assert held == [([], [])]


def test_the_parts_of_a_recording_stay_with_what_fits_for_a_while(gpu, cache, short, tmp_path):
    desk = Desk(GPU, cache)
    other = tmp_path / "other.pcm", short[1]
    shutil.copy(short[0], other[0])
    desk.hear(short)
    desk.hear(short)
    assert len(desk.steps()) == 1, "the second part is not tried on the GPU"
    gpu.fits = lambda _model, _beam: True
    assert desk.hear(other)["engine"]["device"] == "cuda", "another recording is"
    assert desk.hear(short)["engine"]["device"] == "cpu"
    desk.now += 601
    assert desk.hear(short)["engine"]["device"] == "cuda"


def test_the_machines_own_memory_is_waited_for_as_before(gpu, cache, short):
    gpu.says = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"
    real = gpu._real

    def load(file, engine, **options):
        found = real(file, engine, **(options | {"device": "cpu"}))

        def fail(*_):
            raise RuntimeError(gpu.says)

        found._ladder = lambda: {"efficient": fail}
        return found

    engines.load = load  # the fixture puts it back
    desk = Desk(GPU, cache)
    with pytest.raises(OutOfMemoryError):
        desk.hear(short)
    assert desk.steps() == []


def test_any_other_error_of_the_gpu_loses_the_engine(gpu, cache, short):
    gpu.says = "CUDA error: an illegal memory access was encountered"
    desk = Desk(GPU, cache)
    with pytest.raises(TranscribeError) as caught:
        desk.hear(short)
    assert caught.value.details["engine_lost"]
    assert desk.steps() == []


def test_the_desk_of_the_worker_logs_each_step_and_answers(gpu, cache, short):
    class Link:
        sent: list[worker.Reply] = []  # noqa: RUF012 - one link

        def send(self, reply):
            self.sent.append(reply)

        def is_cancelled(self, _job):
            return False

    desk = worker._Desk(Link(), GPU, cache)
    pcm, duration_ms = short
    order = {"pcm": pcm, "span": (0, duration_ms), "model": "demo", "language": "en"}
    desk.serve(worker.Order(job=1, **order))
    assert Link.sent[-1].result["text"] == EASY
    loaded = [reply for reply in Link.sent if isinstance(reply, worker.Loaded)]
    assert [(reply.model, reply.device) for reply in loaded] == [("demo", "cuda"), ("demo", "cpu")]
    told = [reply for reply in Link.sent if isinstance(reply, worker.LogLine)]
    (step,) = [line.fields for line in told if line.event == "engine.smaller"]
    assert step["change"] == "device cpu instead of cuda"
    assert "memory" in step["reason"]


def test_what_a_smaller_model_has_heard_is_not_taken_for_the_larger_ones(
    gpu, cache, short, another, tmp_path
):
    gpu.fits = lambda model, _beam: model == another
    settings = GPU.model_copy(update={"fallback_model": another})
    config = Config(folders=Folders(cache=tmp_path / "cache"), transcribe=settings)
    recogniser = InProcess(settings, cache)
    transcriber = Transcriber("demo", config=config, recogniser=recogniser)
    facts = {"sha256": "1" * 64, "duration_ms": short[1], "language": "en"}
    first, hit = transcriber.transcribe_pcm(short[0], **facts)
    assert (first["engine"]["model"], hit) == (another, False)
    recogniser.free()
    gpu.fits = lambda _model, _beam: True
    other = Transcriber("demo", config=config, recogniser=InProcess(settings, cache))
    second, hit = other.transcribe_pcm(short[0], **facts)
    assert (second["engine"]["model"], hit) == ("demo", False)
    assert other.transcribe_pcm(short[0], **facts)[1]
