"""How loud finished videos are, and in which channels, with FFmpeg at both ends of the range."""

import json
import re
import struct
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from scipy.io import wavfile
from scipy.signal import correlate

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.adapters.ffmpeg import Ffmpeg, decode, probe
from karaokify_daemon.config import Limits, Sound, Video
from karaokify_daemon.domain.loudness import gain
from karaokify_daemon.errors import LimitError
from tests.support.media import clip, convert, speech

RATE = 48_000
SYSTEM = Limits()
NORMAL, LIMIT = Sound(), -1.5
NOTHING = {"segments": []}
GERMAN = {
    "language": "de",
    "segments": [{"words": [{"text": "Ja", "start": 0.2, "end": 0.6}]}],
}
READING = 0.051  # the meter's figures have one decimal


@pytest.fixture(params=["system", "imageio"])
def limits(request):
    binary = "ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()
    return Limits(ffmpeg=binary)


def render(media, limits, sound=NORMAL, said=NOTHING, **options):
    small = {"size": "128x72", "waveform": "none", "encoder_preset": "ultrafast"}
    video = Video(**small | options)
    output = Path(media).with_name("out.mp4")
    config = RenderConfig(
        media=media, output=output, video=video, sound=sound, limits=limits, title=""
    )
    generator = VideoGenerator(config)
    generator.generate(said)
    return generator.level


def meter(path):
    """Return integrated loudness in LUFS and true peak in dBTP."""
    ebur128 = "ebur128=peak=true:dualmono=true:framelog=verbose"
    command = ["ffmpeg", "-nostats", "-hide_banner", "-i", str(path), "-af", ebur128]
    done = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True)
    summary = done.stderr[done.stderr.rindex("Summary:") :]
    loudness, peak = (re.search(rf"{key}:\s+(\S+)", summary)[1] for key in ("I", "Peak"))
    return float(loudness), float(peak)


def spoken(path, factor, *, clipped=False):
    """Write spoken words as floats, their highest sample `factor`."""
    speech(path, "The quick brown fox jumps over the lazy dog.")
    rate, samples = wavfile.read(path)
    floats = samples.astype(np.float32) / np.abs(samples).max() * factor
    wavfile.write(path, rate, np.clip(floats, -1, 1) if clipped else floats)
    return path


def tone(path, amplitude, seconds=3.0, rate=RATE):
    t = np.arange(round(seconds * rate)) / rate
    mixed = sum(np.sin(2 * np.pi * f * t) for f in (220, 330, 997)) / 3
    wavfile.write(path, rate, (np.stack([mixed, mixed], 1) * amplitude).astype(np.float32))
    return path


@pytest.mark.parametrize("amplitude", [0.02, 4.0])
def test_quiet_and_loud_come_to_the_target(tmp_path, limits, amplitude):
    level = render(tone(tmp_path / "a.wav", amplitude), limits)
    loudness, peak = meter(tmp_path / "out.mp4")
    assert loudness == pytest.approx(-16, abs=0.5) and peak <= LIMIT
    assert level.gain.limited_by is None and level.gain.db != 0
    assert level.published.integrated_lufs == pytest.approx(loudness, abs=0.11)
    assert level.published.true_peak_dbtp == pytest.approx(peak, abs=0.11)


@pytest.mark.parametrize(("factor", "clipped"), [(0.05, False), (4.0, True), (4.0, False)])
def test_no_peak_of_speech_is_too_high(tmp_path, limits, factor, clipped):
    level = render(spoken(tmp_path / "a.wav", factor, clipped=clipped), limits)
    loudness, peak = meter(tmp_path / "out.mp4")
    assert peak <= LIMIT + READING
    if level.gain.limited_by:
        assert loudness < -16 and peak == pytest.approx(LIMIT, abs=0.8), "as loud as it may be"
    else:
        assert loudness == pytest.approx(-16, abs=0.5)


def test_mono_is_as_loud_as_the_same_in_stereo(tmp_path):
    tone(tmp_path / "stereo.wav", 0.1)
    rate, samples = wavfile.read(tmp_path / "stereo.wav")
    wavfile.write(tmp_path / "mono.wav", rate, samples[:, 0])
    stereo = render(tmp_path / "stereo.wav", SYSTEM)
    mono = render(tmp_path / "mono.wav", SYSTEM)
    assert mono.gain.db == pytest.approx(stereo.gain.db, abs=0.11)
    assert mono.channels == "mono"


def test_what_is_compliant_is_left_alone(tmp_path):
    first = render(tone(tmp_path / "a.wav", 0.1), SYSTEM)
    again = convert(tmp_path / "out.mp4", tmp_path / "again.wav", "-vn", "-c:a", "pcm_f32le")
    before = meter(again)
    level = render(again, SYSTEM)
    assert first.gain.db != 0 and level.gain.db == 0
    assert meter(tmp_path / "out.mp4") == pytest.approx(before, abs=0.2)


def test_off_changes_nothing(tmp_path):
    source = tone(tmp_path / "a.wav", 0.95)
    level = render(source, SYSTEM, Sound(loudness="off"))
    assert level.gain.db == 0 and level.published is None
    assert meter(tmp_path / "out.mp4") == pytest.approx(meter(source), abs=0.2)


def test_samples_beyond_full_scale_are_not_clipped(tmp_path, limits):
    t = np.arange(2 * RATE) / RATE
    wavfile.write(tmp_path / "a.wav", RATE, (np.sin(2 * np.pi * 500 * t) * 8).astype(np.float32))
    render(tmp_path / "a.wav", limits)
    heard = np.abs(np.fft.rfft(samples(tmp_path / "out.mp4", RATE)[RATE // 2 : RATE * 3 // 2, 0]))
    assert heard[1500] < heard[500] / 1000, "clipping a sine makes its third harmonic"


def test_silence_stays_silence(tmp_path, limits):
    wavfile.write(tmp_path / "a.wav", RATE, np.zeros(RATE, np.int16))
    level = render(tmp_path / "a.wav", limits)
    assert level.gain.db == 0 and level.published is None
    assert not samples(tmp_path / "out.mp4", RATE).any()


def test_what_is_too_short_to_be_measured_is_only_kept_below_the_limit(tmp_path):
    quiet = render(tone(tmp_path / "a.wav", 0.1, seconds=0.3), SYSTEM)
    assert quiet.gain.db == 0
    render(tone(tmp_path / "a.wav", 3.0, seconds=0.3), SYSTEM)
    assert meter(tmp_path / "out.mp4")[1] <= LIMIT + READING


def samples(path, rate):
    """Return the sound on the file's timeline as floats: samples by channels."""
    count = layout(path)[0]
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0", "-ar", str(rate)]
    command += ["-af", "aresample=async=1:first_pts=0", "-f", "f32le", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.float32).reshape(-1, count)


def layout(path):
    command = ["ffprobe", "-v", "error", "-select_streams", "a", "-show_streams", "-of", "json"]
    told = subprocess.run([*command, str(path)], capture_output=True, check=True).stdout
    (stream,) = json.loads(told)["streams"]
    return stream["channels"], stream["channel_layout"]


def microphones(path, count, name=None):
    """Write a WAV with a tone of its own in each channel; without a name nothing tells where."""
    t = np.arange(RATE // 2) / RATE
    tones = [np.sin(2 * np.pi * frequency(n) * t) * 0.1 for n in range(count)]
    data = (np.stack(tones, 1) * 32767).astype("<i2").tobytes()
    form = struct.pack("<IHHIIHH", 16, 1, count, RATE, RATE * count * 2, count * 2, 16)
    head = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + form
    path.write_bytes(head + b"data" + struct.pack("<I", len(data)) + data)
    if name is None:
        return path
    return convert(path, path.with_name("named.wav"), "-af", f"channelmap=channel_layout={name}")


def frequency(channel):
    return 60 if channel == 3 else 500 + 200 * channel  # the fourth is the subwoofer's


def tones_in(path, count):
    """Return which of the tones each channel of a file holds."""
    spectrum = np.abs(np.fft.rfft(samples(path, RATE)[: RATE // 2], axis=0))
    at = [frequency(n) // 2 for n in range(count)]
    loud = spectrum[at] > spectrum.max() / 50
    return [set(np.flatnonzero(column)) for column in loud.T]


@pytest.mark.parametrize(("name", "count"), [("mono", 1), ("3.0", 3), ("5.1", 6), ("7.1", 8)])
def test_channels_are_kept_each_in_its_place(tmp_path, limits, name, count):
    level = render(microphones(tmp_path / "a.wav", count, name), limits)
    assert layout(tmp_path / "out.mp4") == (count, name) and level.channels == name
    assert tones_in(tmp_path / "out.mp4", count) == [{n} for n in range(count)]


@pytest.mark.parametrize(
    ("name", "count", "kept", "places"),
    [
        ("quad", 4, "5.0", [{0}, {1}, set(), {2}, {3}]),
        (None, 6, "5.1", [{0}, {1}, {2}, {3}, {4}, {5}]),
        (None, 16, "mono", [set(range(16))]),
    ],
)
def test_no_channel_is_lost(tmp_path, limits, name, count, kept, places):
    render(microphones(tmp_path / "a.wav", count, name), limits)
    assert layout(tmp_path / "out.mp4")[1] == kept
    assert tones_in(tmp_path / "out.mp4", count) == places


def test_speech_in_any_channel_is_there_to_be_recognised(tmp_path, limits):
    tools = Ffmpeg(limits)
    path = microphones(tmp_path / "a.wav", 4)
    found = decode(tools, path, tmp_path / "a.pcm", probe(tools, path))
    spectrum = np.abs(np.fft.rfft(np.fromfile(found.pcm, np.int16)))
    heard = spectrum[[frequency(n) // 2 for n in range(4)]]
    assert heard.min() > heard.max() / 2


def test_more_channels_than_can_be_mixed_are_refused(tmp_path, limits):
    tools = Ffmpeg(limits)
    path = microphones(tmp_path / "a.wav", 70)
    with pytest.raises(LimitError, match="70 channels"):
        decode(tools, path, tmp_path / "a.pcm", probe(tools, path))


def test_the_waveform_shows_the_same_whatever_the_gain(tmp_path):
    source = tone(tmp_path / "a.wav", 0.02, seconds=1)
    strips = []
    for sound in (Sound(loudness="off"), NORMAL):
        render(source, SYSTEM, sound, waveform="line", size="640x360", crf=1)
        strips.append(packets(tmp_path / "out.mp4"))
    assert strips[0] == strips[1]


def square(path):
    """Write a square wave in bursts of its own rhythm."""
    gate = np.random.default_rng(3).integers(0, 2, 30).repeat(RATE // 10)
    wave = np.sign(np.sin(2 * np.pi * 440 * np.arange(len(gate)) / RATE))
    wavfile.write(path, RATE, (wave * gate).astype(np.float32))


def packets(path):
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v", "-c", "copy"]
    return subprocess.run([*command, "-f", "framemd5", "-"], capture_output=True, check=True).stdout


def kept(path):
    """Return the language of the sound with the title of each chapter."""
    command = [
        "ffprobe",
        "-v",
        "error",
        "-of",
        "json",
        "-show_chapters",
        "-show_streams",
        str(path),
    ]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    sound = next(stream for stream in told["streams"] if stream["codec_type"] == "audio")
    return [(sound["tags"]["language"], part["tags"]["title"]) for part in told["chapters"]]


def test_a_peak_raised_by_the_encoder_is_taken_back_and_the_picture_is_the_same(tmp_path, limits):
    square(tmp_path / "a.wav")
    clip(tmp_path / "v.mp4", None, seconds=4)
    late = ["-itsoffset", "0.7", "-i", str(tmp_path / "a.wav")]
    chapters = tmp_path / "chapters.txt"
    chapters.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=One\n")
    late += ["-i", str(chapters), "-map", "0:v", "-map", "1:a", "-map_chapters", "2"]
    late = convert(tmp_path / "v.mp4", tmp_path / "late.mkv", *late, "-c:v", "copy")
    render(late, limits, Sound(loudness="off"), GERMAN, audio_kbps=32)
    before = packets(tmp_path / "out.mp4")
    strict = Sound(loudness=-9, true_peak=-12)  # the peaks decide, and so few bits raise them
    level = render(late, limits, strict, GERMAN, audio_kbps=32)
    assert level.gain.limited_by == "true_peak"
    measured = decode(Ffmpeg(limits), late, tmp_path / "x.pcm", probe(Ffmpeg(limits), late))
    first = gain(measured.loudness, -9.0, -12.0)
    assert first.limited_by == "true_peak" and level.gain.db < first.db - 1, "it was corrected"
    assert meter(tmp_path / "out.mp4")[1] <= -12 + READING
    assert packets(tmp_path / "out.mp4") == before
    assert kept(tmp_path / "out.mp4") == [("deu", "One")]
    heard, original = (samples(path, 16_000)[:, 0] for path in (tmp_path / "out.mp4", late))
    lag = np.argmax(correlate(heard, original, "full")) - (len(original) - 1)
    assert abs(lag) / 16_000 <= 0.020
