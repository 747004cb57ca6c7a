"""Probing and decoding with both FFmpegs that are supported at the ends of the range."""

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import imageio_ffmpeg
import numpy as np
import pytest
from scipy.io import wavfile

from karaokify_daemon.adapters.ffmpeg import Ffmpeg, decode, probe
from karaokify_daemon.config import Limits
from karaokify_daemon.errors import LimitError, NoAudioError, NotMediaError
from tests.support.media import clip, convert, picture, speech
from tools.speech import SAMPLE_RATE


@pytest.fixture(params=["system", "imageio"])
def tools(request):
    binary = "ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()
    return Ffmpeg(Limits(ffmpeg=binary))


def sine(path, dbfs=-20.0, seconds=4, rate=48000):
    t = np.arange(seconds * rate) / rate
    tone = np.sin(2 * np.pi * 997 * t) * 10 ** (dbfs / 20)
    wavfile.write(path, rate, np.stack([tone, tone], 1).astype(np.float32))


def test_one_pass_gives_samples_and_the_loudness_of_ebu_r128(tmp_path, tools):
    # EBU Tech 3341, test 1: a stereo sine of -23 dBFS at 1 kHz reads -23 LUFS.
    sine(tmp_path / "tone.wav", -23.0)
    heard = []
    info = probe(tools, tmp_path / "tone.wav")
    found = decode(tools, tmp_path / "tone.wav", tmp_path / "x.pcm", info, on_progress=heard.append)
    assert found.duration_ms == 4000 and found.pcm.stat().st_size == 4 * SAMPLE_RATE * 2
    assert found.loudness.integrated_lufs == pytest.approx(-23, abs=0.2)
    assert found.loudness.true_peak_dbtp == pytest.approx(-23, abs=0.2)
    assert heard == sorted(heard) and heard[-1] == pytest.approx(1, abs=0.05)


def test_the_hash_is_of_the_sound_and_not_of_its_container(tmp_path, tools):
    speech(tmp_path / "a.wav", "Hello world.")
    convert(tmp_path / "a.wav", tmp_path / "b.flac", "-metadata", "title=other")
    hashes = {
        decode(tools, path, tmp_path / "x.pcm", probe(tools, path)).sha256
        for path in (tmp_path / "a.wav", tmp_path / "b.flac")
    }
    assert len(hashes) == 1


def test_sound_that_starts_late_keeps_its_place(tmp_path, tools):
    speech(tmp_path / "a.wav", "Hello world.")
    clip(tmp_path / "v.mp4", None, seconds=3)
    late = ["-itsoffset", "1.5", "-i", str(tmp_path / "a.wav"), "-map", "0:v", "-map", "1:a"]
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "v.mp4"), *late, "-c:v", "copy"]
    subprocess.run([*command, str(tmp_path / "late.mkv")], check=True)
    path = tmp_path / "late.mkv"
    found = decode(tools, path, tmp_path / "x.pcm", probe(tools, path))
    samples = np.fromfile(found.pcm, np.int16)
    first = np.flatnonzero(np.abs(samples) > 500)[0] / SAMPLE_RATE
    assert 1.70 < first < 2.0


def test_silence_has_no_loudness(tmp_path, tools):
    wavfile.write(tmp_path / "a.wav", 16000, np.zeros(32000, np.int16))
    path = tmp_path / "a.wav"
    found = decode(tools, path, tmp_path / "x.pcm", probe(tools, path))
    assert found.loudness.integrated_lufs is None


def test_cover_art_is_no_video(tmp_path, tools):
    speech(tmp_path / "a.wav", "Hello world.")
    cover = ["-i", str(picture(tmp_path / "c.png")), "-map", "0:a", "-map", "1:v"]
    cover += ["-disposition:v", "attached_pic", "-c:v", "copy"]
    path = convert(tmp_path / "a.wav", tmp_path / "a.mp3", *cover)
    assert probe(tools, path).video is None


def test_a_turned_video_is_known_as_it_is_shown(tmp_path, tools):
    clip(tmp_path / "v.mp4", None, size="320x180")
    turned = ["-display_rotation", "90", "-i", str(tmp_path / "v.mp4"), "-c", "copy"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *turned]  # 5.1 cannot write it
    subprocess.run([*command, str(tmp_path / "t.mp4")], check=True)
    video = probe(tools, tmp_path / "t.mp4").video
    assert (video.width, video.height) == (180, 320)


def test_a_video_without_sound_is_refused(tmp_path, tools):
    path = clip(tmp_path / "v.mp4", None)
    with pytest.raises(NoAudioError):
        decode(tools, path, tmp_path / "x.pcm", probe(tools, path))


def test_limits_are_kept(tmp_path, tools):
    speech(tmp_path / "a.wav", "Hello world.")
    short = Ffmpeg(tools.limits.model_copy(update={"max_duration_seconds": 0.5}))
    with pytest.raises(LimitError, match="max_duration_seconds"):
        probe(short, tmp_path / "a.wav")
    small = Ffmpeg(tools.limits.model_copy(update={"max_pixels": 1000}))
    with pytest.raises(LimitError, match="max_pixels"):
        probe(small, picture(tmp_path / "p.png"))


class _Counting(BaseHTTPRequestHandler):
    hits = 0

    def do_GET(self):
        _Counting.hits += 1
        self.send_error(404)

    def log_message(self, *_):
        """Say nothing."""


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "wav", "mp3"])
def test_playlists_and_scripts_are_never_opened(tmp_path, tools, suffix):
    with HTTPServer(("127.0.0.1", 0), _Counting) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/a.ts"
        for text in (f"#EXTM3U\n#EXTINF:1,\n{url}\n", f"ffconcat version 1.0\nfile '{url}'\n"):
            path = tmp_path / f"list.{suffix}"
            path.write_text(text)
            with pytest.raises(NotMediaError):
                probe(tools, path)
        server.shutdown()
        thread.join()
    assert _Counting.hits == 0
