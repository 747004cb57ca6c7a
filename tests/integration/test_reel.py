"""A reel: its clips are what the recording shows and sounds like there, and end together."""

import json
import re
import subprocess
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from scipy.io import wavfile
from scipy.signal import correlate

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.adapters.ffmpeg import Ffmpeg, measure
from karaokify_daemon.config import Limits, Sound, Video
from karaokify_daemon.domain.chapters import Chapter
from karaokify_daemon.domain.stretches import fewer, stretches
from karaokify_daemon.domain.timeline import Cut, Timeline
from karaokify_daemon.pipeline.waves import spliced
from tests.support.frames import frames

RATE, SECONDS, SIZE = 16_000, 40, (256, 144)
CUTS = (
    Cut(start=3210, end=6480, lead=300, tail=300),
    Cut(start=17_333, end=19_777, lead=100, tail=200),
    Cut(start=35_050, end=39_000, lead=0, tail=0),
)
NEAR = (  # as where somebody says "um": read in one go
    Cut(start=3210, end=6480, lead=300, tail=0),
    Cut(start=6911, end=8344),
    Cut(start=8700, end=12_030, tail=250),
    Cut(start=35_050, end=39_000, lead=200, tail=0),
)
WORDS = [{"text": f"w{i}", "start": i / 2, "end": i / 2 + 0.4} for i in range(2 * SECONDS)]


@pytest.fixture(params=["system", "imageio"])
def limits(request):
    binary = "ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()
    return Limits(ffmpeg=binary)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A video whose brightness tells the time, and noise that is nowhere alike."""
    folder = tmp_path_factory.mktemp("reel")
    noise = np.random.default_rng(7).normal(0, 0.1, RATE * SECONDS)
    wavfile.write(folder / "a.wav", RATE, (noise * 32767).astype(np.int16))
    bright = (
        "if(lt(X,128),40+T*4,40+mod(T,1)*150)"  # at the left the seconds, at the right their part
    )
    picture = f"color=c=black:s=256x144:r=25:d={SECONDS},geq=lum='{bright}':cb=128:cr=128"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture, "-i", str(folder / "a.wav")]
    coding = ["-c:v", "libx264", "-g", "250", "-preset", "ultrafast", "-crf", "4", "-c:a", "aac"]
    subprocess.run([*command, *coding, "-b:a", "192k", str(folder / "a.mp4")], check=True)
    return folder / "a.mp4", noise


def rendered(media, limits, rate, sound="off", cuts=CUTS, fade_ms=250, **options):
    timeline = Timeline.of(cuts, Fraction(rate), fade_ms)
    shown = {"size": "256x144", "waveform": "none", "encoder_preset": "ultrafast", "crf": 4}
    output = media.with_name(f"out-{timeline.rate.numerator}.mp4")
    config = RenderConfig(
        media=media, output=output, video=Video.model_validate(shown | options), title="",
        limits=limits, sound=Sound(loudness=sound), timeline=timeline,
    )  # fmt: skip
    VideoGenerator(config).generate({"segments": []})
    return output, timeline


def seen(path):
    """Return how bright each half of each frame is, where no shade lies."""
    rows = frames(path, *SIZE)[:, 52:60].astype(float)
    return np.stack([rows[:, :, 20:108].mean((1, 2, 3)), rows[:, :, 148:236].mean((1, 2, 3))], 1)


def heard(path):
    command = ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-f", "s16le", "-ac", "1"]
    raw = subprocess.run([*command, "-ar", str(RATE), "-"], capture_output=True, check=True)
    return np.frombuffer(raw.stdout, "<i2").astype(float)


def seconds(path):
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", f"file:{path}"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {s["codec_type"]: float(s["duration"]) for s in told["streams"]}


@pytest.mark.parametrize(("rate", "cuts"), [("25", CUTS), ("30000/1001", CUTS), ("25", NEAR)])
def test_each_clip_shows_and_sounds_like_its_place_in_the_recording(source, limits, rate, cuts):
    media, noise = source
    output, timeline = rendered(media, limits, rate, cuts=cuts)
    found = seconds(output)
    frame = float(1 / timeline.rate)
    assert abs(found["video"] - timeline.duration_ms / 1000) <= frame
    assert abs(found["video"] - found["audio"]) <= 1024 / 48_000
    shots, known = seen(output), seen(media)
    assert len(shots) == timeline.frames
    sound = heard(output)
    for n, clip in enumerate(timeline.clips):
        middle = (clip.at + clip.fade + clip.until) // 2
        ms = clip.start + timeline.ms(middle - clip.at)
        # A frame is 7 levels of the part of a second, a second is 4.6 of the seconds.
        coarse, fine = np.abs(known[ms * 25 // 1000] - shots[middle])
        assert coarse < 5 and fine < 5 + 7 * 2, n
        piece = sound[round(middle * RATE / timeline.rate) :][: RATE // 2]
        at = round(ms * RATE / 1000)
        around = noise[at - RATE // 4 : at + RATE * 3 // 4]
        lag = np.argmax(correlate(around, piece, "valid")) - RATE // 4
        assert abs(lag) <= 0.005 * RATE, (n, lag)


def test_so_does_each_where_there_are_too_many_to_be_read_each_by_itself(
    source, monkeypatch, limits
):
    monkeypatch.setattr("karaokify_daemon.domain.stretches.MOST", 1)
    cuts = fewer(CUTS, Fraction(25), 250)
    assert len(stretches(Timeline.of(cuts, Fraction(25), 250))) == 1
    test_each_clip_shows_and_sounds_like_its_place_in_the_recording(source, limits, "25", cuts)


def test_clips_that_follow_closely_are_read_in_one_go():
    near, far = (stretches(Timeline.of(cuts, Fraction(25), 250)) for cuts in (NEAR, CUTS))
    assert [len(clips) for clips in near] == [3, 1] and [len(clips) for clips in far] == [1, 1, 1]


FADES = (
    Cut(start=3000, end=7000, tail=1000),
    Cut(start=17_000, end=21_000, lead=1000, tail=1000),
    Cut(start=34_000, end=38_000, lead=1000),
)


def test_in_a_fade_both_pictures_are_seen_each_in_its_share(source, limits):
    media, _ = source
    output, timeline = rendered(media, limits, "25", cuts=FADES, fade_ms=480)
    shots, known = seen(output), seen(media)
    assert [clip.fade for clip in timeline.clips] == [0, 12, 12]
    for before, clip in pairwise(timeline.clips):
        for i in (3, 6, 9):
            one = known[before.start * 25 // 1000 + clip.at - before.at + i]
            other = known[clip.start * 25 // 1000 + i]
            # At the left is what changes slowly: neighbours of a frame look like it.
            mean = one[0] + (other[0] - one[0]) * i / clip.fade
            assert abs(shots[clip.at + i][0] - mean) < 4, (clip.at, i)
            assert abs(other[0] - one[0]) > 30, "they look alike"


def test_in_a_fade_it_is_as_loud_as_around_it(source, limits):
    media, _ = source
    output, timeline = rendered(media, limits, "25", cuts=FADES, fade_ms=1000)
    sound = heard(output)

    def level(frame):
        """Return how loud 0.3 s around a frame are, in dB."""
        at = round(frame * RATE / 25)
        return 10 * np.log10(np.mean(sound[at - RATE * 15 // 100 : at + RATE * 15 // 100] ** 2))

    for clip in timeline.clips[1:]:
        assert clip.fade == 25
        sides = (level(clip.at - 10) + level(clip.at + clip.fade + 10)) / 2
        assert abs(level(clip.at + clip.fade / 2) - sides) < 1


class Counting(Ffmpeg):
    """FFmpeg that tells what it has read: one line for each stream of each input."""

    def within(self, limits):
        self.limits = limits
        return self

    def run(self, args, **options):
        told = super().run(["-loglevel", "verbose", *args], **options)
        self.arguments = args
        self.decoded = {
            kind: sum(map(int, re.findall(rf"\({kind}\): .*; (\d+) frames decoded", told)))
            for kind in ("video", "audio")
        }
        return told


def test_of_a_recording_only_what_is_near_a_clip_is_read(tmp_path, limits):
    media = tmp_path / "a.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=300", "-f", "lavfi",
         "-i", "anoisesrc=a=0.1:d=300:r=48000", "-c:v", "libx264", "-g", "25", "-preset",
         "ultrafast", str(media)], check=True,
    )  # fmt: skip
    cuts = [Cut(start=start, end=start + 2000) for start in (60_000, 150_500, 290_000)]
    timeline = Timeline.of(cuts, Fraction(25), 250)
    video = Video.model_validate({"size": "64x64", "encoder_preset": "ultrafast"})
    config = RenderConfig(
        media=media, output=tmp_path / "out.mp4", video=video, title="", limits=limits,
        sound=Sound(loudness="off"), timeline=timeline, duration_ms=300_000, pcm=silence(tmp_path),
    )  # fmt: skip
    generator = VideoGenerator(config)
    generator._tools = tools = Counting(limits)
    generator.generate({"segments": []})
    inputs = [
        (tools.arguments[:i], i) for i, part in enumerate(tools.arguments) if str(media) in part
    ]
    sought = [part[len(part) - 1 - part[::-1].index("-ss") + 1] for part, _ in inputs]
    assert sought == 2 * ["60.000", "150.500", "290.000"]
    # Each clip with what is read from the key frame on, and ahead: 7,500 are in the recording.
    assert 3 * 50 <= tools.decoded["video"] <= 3 * (50 + 25 + 75)
    assert 3 * 2 * 48_000 / 1024 <= tools.decoded["audio"] <= 3 * 4 * 48_000 / 1024


def silence(folder):
    np.zeros(300 * RATE, "<i2").tofile(folder / "a.pcm")
    return folder / "a.pcm"


def test_clips_have_titles_at_their_times_and_the_reel_has_them_as_chapters(source, tmp_path):
    media, _ = source
    timeline = Timeline.of(FADES, Fraction(25), 480)
    titles = [(0, 3400, "First of all"), (4000, 6500, "And then {\\b1}")]
    video = Video.model_validate({"size": "640x360", "waveform": "none", "encoder_preset": "fast"})
    config = RenderConfig(
        media=media, output=tmp_path / "with.mp4", video=video, title="", timeline=timeline,
        sound=Sound(loudness="off"), duration_ms=SECONDS * 1000, clip_titles=titles,
        chapters=[Chapter(start, title) for start, _, title in titles],
    )  # fmt: skip
    bare = replace(config, output=tmp_path / "without.mp4", clip_titles=(), chapters=())
    lines = [line for line in VideoGenerator(config).ass({"segments": []}).splitlines()
             if "First of all" in line or "And then" in line]  # fmt: skip
    assert [line.split(",")[1:3] for line in lines] == [
        ["0:00:00.60", "0:00:03.40"],
        ["0:00:04.60", "0:00:06.50"],
    ]
    assert not any("{\\b1}" in line for line in lines)
    shots = [
        frames(Path(VideoGenerator(one).generate({"segments": []})), 640, 360).astype(int)
        for one in (config, bare)
    ]
    changed = np.abs(shots[0] - shots[1]).max(3) > 40
    at_left = changed[:, 180:320, :400].mean((1, 2))
    assert at_left[[50, 130]].min() > 0.005 and at_left[[5, 93, 105, 170, 200]].max() == 0
    assert changed[:, :150].mean() == 0, "it is in the lower half"
    assert chapters_of(tmp_path / "with.mp4") == [(0.0, "First of all"), (4.0, titles[1][2])]
    assert chapters_of(tmp_path / "without.mp4") == []


def chapters_of(path):
    command = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", f"file:{path}"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return [(float(c["start_time"]), c["tags"]["title"]) for c in told["chapters"]]


def test_a_reel_is_as_loud_as_is_asked_for_and_still_in_time(source):
    media, noise = source
    output, timeline = rendered(media, Limits(), "25", sound=-23.0)
    found = measure(Ffmpeg(Limits()), output, duration_ms=timeline.duration_ms)
    assert found.integrated_lufs == pytest.approx(-23, abs=0.5)
    last = timeline.clips[-1]
    piece = heard(output)[round((last.at + 10) * RATE / 25) :][: RATE // 2]
    at = (last.start + 400) * RATE // 1000
    around = noise[at - RATE // 4 : at + RATE * 3 // 4]
    assert abs(np.argmax(correlate(around, piece, "valid")) - RATE // 4) <= 0.005 * RATE


def test_the_sound_comes_and_goes_where_nothing_is_said(source):
    media, _ = source
    cuts = (CUTS[0], Cut(start=35_050, end=39_000, lead=0, tail=400))
    output, timeline = rendered(media, Limits(), "25", cuts=cuts)
    assert (timeline.fade_in, timeline.fade_out) == (250, 250)
    sound = heard(output)
    last = round(timeline.duration_ms * RATE / 1000)

    def level(at, length=RATE // 50):
        return np.sqrt(np.mean(sound[at : at + length] ** 2))

    usual = level(RATE, RATE)
    assert level(0) < 0.2 * usual and level(last - RATE // 50) < 0.2 * usual
    assert level(RATE * 3 // 10) > 0.7 * usual and level(last - RATE * 3 // 10) > 0.7 * usual


def test_samples_are_spliced_as_the_sound_is(source, tmp_path):
    media, _ = source
    output, timeline = rendered(media, Limits(), "25")
    heard(media).astype("<i2").tofile(tmp_path / "whole.pcm")
    made = np.fromfile(spliced(tmp_path / "whole.pcm", tmp_path / "reel.pcm", timeline), "<i2")
    sound = heard(output)[: len(made)]
    assert len(made) == timeline.samples(timeline.frames, RATE)
    assert np.corrcoef(made[: len(sound)], sound)[0, 1] > 0.95


def test_words_of_a_reel_are_captions_at_their_new_times(source):
    media, _ = source
    timeline = Timeline.of(CUTS, Fraction(25), 250)
    config = RenderConfig(
        media=media, output=media.with_name("x.mp4"), timeline=timeline, duration_ms=SECONDS * 1000
    )
    said = VideoGenerator(config).captions({"segments": [{"words": WORDS}]})
    words = [word for caption in said for word in caption.words]
    assert words[0].text == "w7" and words[0].start == 3500 - CUTS[0].start
    assert said[-1].end <= timeline.duration_ms


@pytest.mark.parametrize("style", ["sweep", "band", "teleprompter", "classic"])
def test_what_is_said_in_a_clip_is_seen_in_no_other(source, style):
    media, _ = source
    timeline = Timeline.of(CUTS, Fraction(25), 250)
    edges = [0, *(cut.start / 1000 - 1 for cut in CUTS[1:]), SECONDS]

    def drawn(words, name):
        output = media.with_name(f"{style}-{name}.mp4")
        shown = {"size": "256x144", "waveform": "none", "encoder_preset": "ultrafast", "crf": 4}
        config = RenderConfig(
            media=media, output=output, video=Video.model_validate(shown | {"style": style}),
            title="", sound=Sound(loudness="off"), timeline=timeline,
        )  # fmt: skip
        VideoGenerator(config).generate({"segments": [{"words": words}]})
        return frames(output, 256, 144).astype(int)

    whole = drawn(WORDS, "whole")
    for n, (begin, end) in enumerate(pairwise(edges)):
        alone = drawn([word for word in WORDS if begin <= word["start"] < end], str(n))
        first = timeline.clips[n].at + timeline.clips[n].fade
        last = timeline.clips[n + 1].at if n + 1 < len(CUTS) else timeline.frames
        other = (np.abs(whole - alone) > 60).any(axis=(1, 2, 3))
        assert not other[first:last].any(), np.flatnonzero(other)
        assert other[:first].any() == (n > 0) and other[last:].any() == (n + 1 < len(CUTS))


def odd_source(folder, kind):
    """Write 40 s of sound, with a picture that ends early, or changes seldom; it tells the time."""
    bright = "geq=lum='40+T*4':cb=128:cr=128"
    picture = {
        "short": f"color=c=black:s=256x144:r=25:d=12,{bright}",
        "slides": f"color=c=black:s=256x144:r=25:d=40,{bright},select='not(mod(n,200))'",
        "few key frames": f"color=c=black:s=256x144:r=25:d=40,{bright},select='not(mod(n,75))'",
    }[kind]
    target = folder / f"{kind}.mkv"
    often = "1" if kind == "slides" else "250"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i",
         "anoisesrc=a=0.1:d=40", "-fps_mode", "vfr", "-c:v", "libx264", "-g", often, "-bf", "2",
         "-preset", "ultrafast", "-crf", "4", "-c:a", "aac", str(target)], check=True,
    )  # fmt: skip
    return target


@pytest.mark.parametrize(("kind", "every"), [("short", 0.04), ("slides", 8), ("few key frames", 3)])
def test_a_picture_that_comes_seldom_or_no_more_stands(tmp_path, limits, kind, every):
    media = odd_source(tmp_path, kind)
    output, timeline = rendered(media, limits, "25")
    shots = seen(output)
    assert len(shots) == timeline.frames
    for clip in timeline.clips:
        for frame in (clip.at + clip.fade + 2, clip.until - 10):
            seconds_in = (clip.start + timeline.ms(frame - clip.at)) / 1000
            shown = min(seconds_in, 11.96) if kind == "short" else seconds_in // every * every
            bright = (40 + 4 * shown - 16) * 255 / 219
            assert abs(shots[frame][0] - bright) < 4, (kind, frame, seconds_in)
