# ruff: noqa: PLC0415 - faster-whisper is imported only where a test that needs it runs
import hashlib
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.adapters.whisper.models import ModelFile
from karaokify_daemon.errors import CancelledError, ModelError, OutOfMemoryError, TranscribeError
from tests.support.speech import EASY, spoken_pcm

pytest.importorskip("faster_whisper")
pytestmark = pytest.mark.torch

EASY_WORDS = EASY.lower().rstrip(".").split()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    return models.resolve("demo", cache, download=False, engine="faster-whisper")


def load(file, **options):
    from karaokify_daemon.adapters.whisper.faster.engine import Engine

    return Engine(file, **({"device": "cpu", "threads": 1} | options))


@pytest.fixture(scope="module")
def engine(demo):
    return load(demo)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("speech") / "easy.pcm"
    return path, *spoken_pcm(path)


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A recording of several windows."""
    path = tmp_path_factory.mktemp("speech") / "long.pcm"
    return path, *spoken_pcm(path, [EASY] * 18)


def words(result):
    return [
        re.sub(r"\W", "", word["text"]).lower()
        for segment in result["segments"]
        for word in segment["words"]
    ]


def test_every_word_of_an_easy_sentence_is_found_at_its_time(engine, recording):
    pcm, duration_ms, said = recording
    result = engine.recognise(pcm, language="en")
    assert words(result) == EASY_WORDS
    found = [word for segment in result["segments"] for word in segment["words"]]
    assert found[0]["end"] == pytest.approx(said[0].end, abs=0.08)
    for word, truth in zip(found, said, strict=True):
        if word is not found[0]:  # the pause before it is not the engine's business (Transcriber)
            assert word["start"] == pytest.approx(truth.start, abs=0.08)
        assert 0 <= word["start"] <= word["end"] <= duration_ms / 1000 + 0.02
        assert 0 <= word["confidence"] <= 1
    assert result["text"] == EASY
    assert result["language"] == "en"
    assert set(result["segments"][0]) == {"id", "start", "end", "text", "confidence", "words"}
    assert set(found[0]) == {"text", "start", "end", "confidence"}
    json.dumps(result)
    facts = result["engine"]
    assert (facts["engine"], facts["model"], facts["device"]) == ("faster-whisper", "demo", "cpu")
    assert facts["compute_type"] in ("int8", "float32")
    assert re.match(r"\d+\.\d+", facts["version"])


@pytest.mark.parametrize("batch", [1, 3])
def test_a_long_recording_is_heard_whole_one_by_one_or_in_batches(demo, long, batch):
    pcm, _, said = long
    result = load(demo, batch=batch).recognise(pcm, language="en")
    assert words(result) == EASY_WORDS * 18
    found = [word for segment in result["segments"] for word in segment["words"]]
    errors = [abs(w["start"] - truth.start) for w, truth in zip(found, said, strict=True)]
    assert sum(errors) / len(errors) < 0.08
    assert result["engine"]["rung"] == ("one by one" if batch == 1 else "batched")


def test_beams_find_the_same_words(demo, recording):
    assert words(load(demo, beam=3).recognise(recording[0], language="en")) == EASY_WORDS


def test_a_part_of_a_recording_is_heard_at_its_own_times(engine, recording, tmp_path):
    pcm, duration_ms, said = recording
    (tmp_path / "later.pcm").write_bytes(bytes(2 * 16 * 700) + pcm.read_bytes() * 2)
    span = (700, 700 + duration_ms)
    result = engine.recognise(tmp_path / "later.pcm", span=span, language="en")
    assert words(result) == EASY_WORDS
    second = result["segments"][0]["words"][1]["start"]
    assert second == pytest.approx(0.7 + said[1].start, abs=0.08)


def test_an_english_only_model_hears_english_whatever_is_asked(engine, recording):
    for language in ("auto", "de"):
        assert engine.recognise(recording[0], language=language)["language"] == "en"


def test_progress_never_goes_back_and_ends_at_one(engine, long):
    heard = []
    engine.recognise(long[0], language="en", on_progress=heard.append)
    assert heard[0] == 0
    assert heard == sorted(heard)
    assert heard[-1] == 1
    assert any(0 < fraction < 1 for fraction in heard)


def test_what_the_callback_raises_ends_the_run_and_comes_out(engine, recording):
    calls = []

    def cancel(fraction):
        calls.append(fraction)
        if len(calls) == 2:
            raise CancelledError("was stopped")

    with pytest.raises(CancelledError):
        engine.recognise(recording[0], language="en", on_progress=cancel)
    assert len(calls) == 2
    assert words(engine.recognise(recording[0], language="en")) == EASY_WORDS


def test_an_error_of_the_callbacks_own_comes_out_as_it_is(engine, recording):
    def fail(_fraction):
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        engine.recognise(recording[0], language="en", on_progress=fail)


@pytest.mark.parametrize("samples", [0, 1, 1000, 160_000])
def test_silence_and_next_to_nothing_have_no_words(engine, tmp_path, samples):
    (tmp_path / "a.pcm").write_bytes(bytes(2 * samples))
    result = engine.recognise(tmp_path / "a.pcm", language="auto")
    assert (result["segments"], result["text"], result["language"]) == ([], "", "en")


def test_a_click_in_a_tenth_of_a_second_is_survived(engine, tmp_path):
    (tmp_path / "a.pcm").write_bytes(b"\xff\x7f" + bytes(2 * 1700))
    assert engine.recognise(tmp_path / "a.pcm", language="en")["language"] == "en"


def test_another_number_of_threads_takes_effect(engine, recording):
    before = engine._model
    engine.use_threads(1)
    assert engine._model is before
    engine.use_threads(2)
    assert engine._model is not before
    assert words(engine.recognise(recording[0], language="en")) == EASY_WORDS


def test_nothing_is_written_to_stdout(engine, recording, capfd):
    engine.recognise(recording[0], language="en")
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("said", "kind", "lost"),
    [
        ("CUDA failed with error out of memory", OutOfMemoryError, None),
        ("CUDA failed with error unspecified launch failure", TranscribeError, True),
        ("Unsupported thing", TranscribeError, False),
    ],
)
def test_errors_of_ctranslate2_are_told_apart(engine, recording, said, kind, lost):
    # A stand-in for the GPU that is not here: CTranslate2 raises RuntimeError with these texts.
    class Failing:
        is_multilingual = False
        device, device_index, n_mels = "cuda", [0], 80

        def encode(self, *_, **__):
            raise RuntimeError(said)

    model, engine._model.model = engine._model.model, Failing()
    try:
        with pytest.raises(kind) as caught:
            engine.recognise(recording[0], language="en")
    finally:
        engine._model.model = model
    assert said in caught.value.details["reason"]
    assert caught.value.details.get("engine_lost") is lost


def test_cuda_without_a_gpu_is_a_model_error(demo):
    import ctranslate2

    if ctranslate2.get_cuda_device_count():
        pytest.skip("there is a GPU")
    with pytest.raises(ModelError, match="no CUDA GPU") as caught:
        load(demo, device="cuda")
    assert "auto" in caught.value.advice


def test_a_checkpoint_is_converted_once_and_again_when_it_has_changed(demo, tmp_path, recording):
    path = tmp_path / "mine.pt"
    shutil.copy(demo.path, path)
    file = ModelFile(name=str(path), path=path, folder=tmp_path / "models")
    load(file)
    (made,) = file.folder.glob("*.ct2")
    before = (made / "model.bin").stat()
    load(file)
    assert (made / "model.bin").stat() == before
    path.touch()
    found = load(file).recognise(recording[0], language="en")
    assert words(found) == EASY_WORDS
    (again,) = file.folder.glob("*.ct2")
    assert again != made, "the older conversion is gone"


def test_workers_that_want_the_same_conversion_share_it(demo, tmp_path):
    from karaokify_daemon.adapters.whisper.faster.conversion import converted

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(converted(demo.path, tmp_path, lambda: None)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [found[0]]


def test_who_waits_for_a_conversion_can_be_stopped(demo, tmp_path):
    from karaokify_daemon.adapters.whisper.faster import conversion

    def stop():
        raise CancelledError("was stopped")

    began = time.monotonic()
    with pytest.raises(CancelledError):
        conversion.converted(demo.path, tmp_path, stop)
    assert time.monotonic() - began < 5


def test_what_a_killed_conversion_has_left_is_no_obstacle(demo, tmp_path):
    from karaokify_daemon.adapters.whisper.faster.conversion import converted

    made = converted(demo.path, tmp_path, lambda: None)
    made.rename(made.with_name(f".{made.name}.new"))
    (made.with_name(f".{made.name}.new") / "model.bin").write_bytes(b"half")
    assert (converted(demo.path, tmp_path, lambda: None) / "model.bin").stat().st_size > 1000
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [made]


def test_a_converted_folder_is_loaded_as_it_is(demo, recording, tmp_path):
    from karaokify_daemon.adapters.whisper.faster.conversion import converted

    folder = converted(demo.path, tmp_path, lambda: None)
    file = ModelFile(name=str(folder), path=folder, folder=tmp_path / "unused")
    assert words(load(file).recognise(recording[0], language="en")) == EASY_WORDS
    assert not file.folder.exists()


def test_a_file_that_is_no_checkpoint_is_a_model_error_and_leaves_nothing(tmp_path):
    path = tmp_path / "mine.pt"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ModelError, match=r"mine\.pt cannot be loaded"):
        load(ModelFile(name=str(path), path=path, folder=tmp_path / "models"))
    assert [p for p in (tmp_path / "models").iterdir() if p.suffix != ".lock"] == []


def test_a_folder_that_is_no_model_is_a_model_error(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="cannot be loaded as a CTranslate2 model"):
        load(ModelFile(name="mine", path=tmp_path, folder=tmp_path))


def test_a_cache_that_cannot_be_written_is_a_model_error(demo, tmp_path):
    (tmp_path / "models").write_text("a file, not a folder")
    with pytest.raises(ModelError, match="could not be converted") as caught:
        load(ModelFile(name="demo", path=demo.path, folder=tmp_path / "models"))
    assert "folders.cache" in caught.value.advice


def test_a_download_that_fails_names_files_folder_and_alternatives(tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody answers there
    file = models.resolve("tiny", tmp_path, download=True, engine="faster-whisper")
    if file.path is not None:
        pytest.skip("this machine has the weights")
    with pytest.raises(ModelError, match="the download failed") as caught:
        load(file)
    for part in ("tiny.pt", "faster-whisper-tiny", str(tmp_path / "models"), 'model = "demo"'):
        assert part in str(caught.value)
    assert list((tmp_path / "models").iterdir()) == []


@pytest.fixture
def hub(demo, tmp_path, monkeypatch):
    """A hub on this machine with the demo model in place of `tiny`; it notes what is asked for."""
    from karaokify_daemon.adapters.whisper.faster.conversion import converted

    folder, sha = converted(demo.path, tmp_path / "hub", lambda: None), "1" * 40
    names = [path.name for path in folder.iterdir()] + ["README.md"]
    asked = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("authorization")))
            body, kind = b"{}", "application/json"
            if "/tree/" in self.path:
                sizes = [(n, (folder / n).stat().st_size) for n in names if n != "README.md"]
                found = [{"type": "file", "path": n, "oid": n, "size": s} for n, s in sizes]
                body = json.dumps(found).encode()
            elif self.path.startswith("/api/models/"):
                files = [{"rfilename": name} for name in names]
                body = json.dumps({"id": "x", "sha": sha, "siblings": files}).encode()
            else:
                body = (folder / self.path.rsplit("/", 1)[1]).read_bytes()
                kind = "application/octet-stream"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.md5(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", sha)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the base class calls it so

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    yield asked
    server.shutdown()
    server.server_close()


def test_a_download_is_there_whole_and_found_again(hub, tmp_path, recording):
    file = models.resolve("tiny", tmp_path, download=True, engine="faster-whisper")
    code = (
        "import sys; from pathlib import Path; "
        "from karaokify_daemon.adapters.whisper import models; "
        "from karaokify_daemon.adapters.whisper.faster.engine import Engine; "
        "cache = Path(sys.argv[1]); "
        "file = models.resolve('tiny', cache, download=True, engine='faster-whisper'); "
        "Engine(file, device='cpu')"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True)  # it reads HF_ENDPOINT once
    (made,) = file.folder.iterdir()
    assert made.name == "faster-whisper-tiny"
    assert {path.name for path in made.iterdir()} == {
        *("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json"),
        "vocabulary.json",
    }
    assert all("Systran/faster-whisper-tiny" in path for path, _ in hub)
    assert {token for _, token in hub} == {None}
    again = models.resolve("tiny", tmp_path, download=False, engine="faster-whisper")
    assert again.path == made
    assert words(load(again).recognise(recording[0], language="en")) == EASY_WORDS
