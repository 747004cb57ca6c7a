"""Encoders with FFmpeg at both ends of the range: those that are missing, and a stand-in for those.

No test here has a graphics card. What `StandIn` lets succeed is our part alone: what we ask for,
what we do when it fails, and that videos are right if the hardware does what it is asked.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import structlog

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.adapters.ffmpeg import encoders, trial
from karaokify_daemon.config import Limits, Video, from_dict
from karaokify_daemon.errors import CancelledError, DeadlineError, FfmpegError
from karaokify_daemon.service.check_encoder import encoders as checked
from tests.support.encoders import StandIn
from tests.support.media import clip, speech

SIZE = WIDTH, HEIGHT = 320, 180
SAID = {"segments": [{"words": [{"text": "Hello", "start": 0.1, "end": 0.6}]}]}
IN_RENDERS = "if hardware and rendering: "
NO_SESSION = "sys.exit('[h264_nvenc @ 0x1] OpenEncodeSessionEx failed: out of memory (10)')"


@pytest.fixture(autouse=True)
def _nothing_tried(monkeypatch, tmp_path):
    monkeypatch.setattr(trial, "_verdicts", {})
    node = tmp_path / "dri" / "renderD128"
    node.parent.mkdir()
    node.touch()
    monkeypatch.setattr(encoders, "RENDER_NODES", node.parent)


@pytest.fixture(params=["system", "imageio"])
def binary(request):
    return "ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()


def video(encoder, **options):
    small = {"size": f"{WIDTH}x{HEIGHT}", "waveform": "none", "encoder_preset": "ultrafast"}
    return Video(encoder=encoder, **(small | options))


def generator(tmp_path, binary, encoder, **given):
    if not (tmp_path / "a.wav").exists():
        speech(tmp_path / "a.wav", "Hello world.")
    options = {key: given.pop(key) for key in ("fps", "style") if key in given}
    stop = {key: given.pop(key) for key in ("cancelled", "on_progress") if key in given}
    config = RenderConfig(
        media=given.pop("media", tmp_path / "a.wav"),
        output=tmp_path / "out.mp4",
        video=video(encoder, **options),
        limits=Limits(ffmpeg=str(binary)),
        **given,
    )
    return VideoGenerator(config, **stop)


def frames(path):
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "gray"]
    raw = subprocess.run(
        [*command, "-fps_mode", "passthrough", "-"], capture_output=True, check=True
    )
    return np.frombuffer(raw.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH).astype(int)


def packets(path):
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_packets", "-of", "json"]
    told = subprocess.run([*command, str(path)], capture_output=True, check=True).stdout
    return json.loads(told)["packets"]


@pytest.mark.parametrize("encoder", ["h264_nvenc", "h264_vaapi"])
def test_this_ffmpeg_knows_every_option_that_an_encoder_is_asked_by(binary, encoder):
    command = [binary, "-hide_banner", "-h", f"encoder={encoder}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    generic = {"c:v", "pix_fmt", "b:v", "bf", "r", "g", "fps_mode", "force_key_frames"}
    generic |= {"colorspace", "color_primaries", "color_trc", "color_range"}
    for asked in (video(encoder), video(encoder, fps="variable", encoder_preset="slower")):
        one = encoders.Encoder(name=encoder, low_power=encoder == "h264_vaapi")
        for key, value in one.options(asked, 25).items():
            if key in generic:
                continue
            _, found, text = told.partition(f"  -{key.removesuffix(':v')} ")
            assert found, f"no option {key}"
            constants = re.split(r"\n  -", text)[0]
            named = isinstance(value, str)
            assert not named or re.search(rf"^ +{value} ", constants, re.MULTILINE), (key, value)


@pytest.mark.parametrize("encoder", ["h264_nvenc", "h264_vaapi"])
def test_what_does_not_work_here_is_done_by_libx264_and_told(tmp_path, binary, encoder):
    """Without any stand-in: this machine has neither driver nor device."""
    tools, asked = ffmpeg.Ffmpeg(Limits(ffmpeg=binary)), video(encoder)
    chosen = ffmpeg.choose(tools, asked)
    if chosen.encoder.is_hardware:
        pytest.skip(f"{encoder} works here")
    reason = chosen.reasons[encoder]
    assert ("libcuda" if encoder == "h264_nvenc" else "vaapi_device") in reason
    assert "0x" not in reason and "\n" not in reason
    made = generator(tmp_path, binary, encoder)
    made.generate(SAID)
    assert made.encoded.encoder == "libx264"
    (warning,) = made.warnings
    expected = f"{encoder} does not work here ({reason}); the video was encoded by libx264"
    assert warning == expected
    with_libx264 = frames(tmp_path / "out.mp4")
    plain = generator(tmp_path, binary, "libx264")
    plain.generate(SAID)
    assert plain.warnings == [] and (frames(tmp_path / "out.mp4") == with_libx264).all()


def test_auto_takes_what_works_and_warns_of_nothing(tmp_path, binary):
    none = ffmpeg.choose(ffmpeg.Ffmpeg(Limits(ffmpeg=binary)), video("auto"))
    if none.encoder.is_hardware:
        pytest.skip("this machine has a hardware encoder")
    assert list(none.reasons) == ["h264_nvenc", "h264_vaapi"]
    made = generator(tmp_path, binary, "auto")
    made.generate(SAID)
    assert (made.encoded.encoder, made.warnings) == ("libx264", [])
    lacking = "if 'h264_nvenc' in args: sys.exit('[h264_nvenc @ 0x1] No capable devices found')"
    with_vaapi = generator(tmp_path, StandIn(tmp_path, binary, lacking), "auto")
    with_vaapi.generate(SAID)
    assert (with_vaapi.encoded.encoder, with_vaapi.warnings) == ("h264_vaapi", [])
    with_nvenc = generator(tmp_path, StandIn(tmp_path, binary), "auto")
    with_nvenc.generate(SAID)
    assert with_nvenc.encoded.encoder == "h264_nvenc"


@pytest.mark.parametrize("fps", ["source", "variable"])
@pytest.mark.parametrize("encoder", ["h264_nvenc", "h264_vaapi"])
def test_with_a_stand_in_the_video_is_what_libx264_makes(tmp_path, binary, encoder, fps):
    stand_in = StandIn(tmp_path, binary)
    made = generator(tmp_path, stand_in, encoder, fps=fps, style="word", duration_ms=7_000)
    made.generate(SAID)
    assert (made.encoded.encoder, made.warnings) == (encoder, [])
    found, shown = packets(tmp_path / "out.mp4"), frames(tmp_path / "out.mp4")
    assert all(float(one["pts"]) == float(one["dts"]) for one in found), "no frame is reordered"
    raw = (tmp_path / "out.mp4").read_bytes()
    assert raw.index(b"moov") < raw.index(b"mdat")
    generator(tmp_path, binary, "libx264", fps=fps, style="word", duration_ms=7_000).generate(SAID)
    plain = packets(tmp_path / "out.mp4")
    times = [round(float(one["pts_time"]), 3) for one in found]
    assert times == sorted(round(float(one["pts_time"]), 3) for one in plain)
    seekable = [float(one["pts_time"]) for one in found if "K" in one["flags"]]
    assert np.diff([*seekable, 7]).max() < 5.2, "and a player can seek to within five seconds"
    assert np.abs(frames(tmp_path / "out.mp4") - shown).mean() < 2


def test_a_moving_picture_goes_through_a_hardware_encoder_too(tmp_path, binary):
    speech(tmp_path / "a.wav", "Hello world.")
    media = clip(tmp_path / "v.mp4", tmp_path / "a.wav")
    for encoder in ("h264_vaapi", "h264_nvenc"):
        made = generator(tmp_path, StandIn(tmp_path, binary), encoder, media=media)
        made.generate(SAID)
        assert made.encoded.encoder == encoder


def test_a_trial_asks_for_what_the_render_asks_for(tmp_path):
    stand_in = StandIn(tmp_path)
    generator(tmp_path, stand_in, "h264_nvenc", fps="variable").generate(SAID)
    tried, rendered = stand_in.calls("h264_nvenc")
    assert f"color=s={WIDTH}x{HEIGHT}" in " ".join(tried)
    for option in ("-preset", "-cq", "-rc", "-b:v", "-bf", "-forced-idr", "-force_key_frames"):
        values = [args[args.index(option) + 1] for args in (tried, rendered)]
        assert values[0] == values[1], option


def test_a_verdict_is_remembered_until_ffmpeg_is_another_one(tmp_path):
    stand_in = StandIn(tmp_path)
    tools = ffmpeg.Ffmpeg(Limits(ffmpeg=str(stand_in)))

    def tried():
        before = len(stand_in.calls("h264_nvenc"))
        chosen = ffmpeg.choose(tools, video("h264_nvenc"))
        assert chosen.encoder.name == "h264_nvenc"
        assert chosen.is_news == (len(stand_in.calls("h264_nvenc")) > before)
        return chosen.is_news

    assert [tried(), tried()] == [True, False]
    stand_in.path.write_text(stand_in.path.read_text() + "\n# upgraded\n")
    assert [tried(), tried()] == [True, False]


def test_what_was_refused_is_tried_again_after_a_while(tmp_path, monkeypatch):
    stand_in = StandIn(tmp_path, first=f"if hardware: {NO_SESSION}")
    tools = ffmpeg.Ffmpeg(Limits(ffmpeg=str(stand_in)))
    news = [ffmpeg.choose(tools, video("h264_nvenc")).is_news for _ in range(2)]
    monkeypatch.setattr(trial, "_REFUSED_S", 0.0)
    assert [*news, ffmpeg.choose(tools, video("h264_nvenc")).is_news] == [True, False, True]


def test_a_hung_driver_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "_DEADLINE_S", 0.5)
    stand_in = StandIn(tmp_path, first="if hardware: time.sleep(60)")
    chosen = ffmpeg.choose(ffmpeg.Ffmpeg(Limits(ffmpeg=str(stand_in))), video("h264_nvenc"))
    assert not chosen.encoder.is_hardware and "longer than" in chosen.reasons["h264_nvenc"]


def test_the_plainer_encoder_of_a_chip_is_tried_where_it_has_no_other(tmp_path):
    lacking = "if hardware and '-low_power' not in args: sys.exit('[h264_vaapi @ 0x1] No usable')"
    made = generator(tmp_path, StandIn(tmp_path, first=lacking), "h264_vaapi")
    made.generate(SAID)
    assert (made.encoded.encoder, made.warnings) == ("h264_vaapi", [])


def test_a_render_that_fails_is_done_once_more_by_libx264(tmp_path, binary):
    stand_in = StandIn(tmp_path, binary, IN_RENDERS + NO_SESSION)
    made = generator(tmp_path, stand_in, "h264_nvenc")
    with structlog.testing.capture_logs() as log:
        made.generate(SAID)
    assert made.encoded.encoder == "libx264"
    (warning,) = made.warnings
    assert "failed (OpenEncodeSessionEx failed: out of memory (10))" in warning
    assert [line["event"] for line in log] == ["encoder.fallback"]
    assert len(frames(tmp_path / "out.mp4")) > 30

    again = generator(tmp_path, stand_in, "h264_nvenc")
    with structlog.testing.capture_logs() as log:
        again.generate(SAID)
    assert len(stand_in.calls("h264_nvenc")) == 2, "a trial, and the render that failed"
    assert "it has failed in a render" in again.warnings[0]
    assert not log, "that was told"


def test_a_video_that_a_driver_has_not_finished_is_made_once_more(tmp_path):
    cut = IN_RENDERS + "args[-1:-1] = ['-frames:v', '9']"
    made = generator(tmp_path, StandIn(tmp_path, first=cut), "h264_nvenc")
    made.generate(SAID)
    (warning,) = made.warnings
    assert made.encoded.encoder == "libx264" and "has a picture of" in warning


def test_a_fault_of_the_recording_is_not_the_encoders(tmp_path):
    silent = clip(tmp_path / "v.mp4", None, seconds=1)
    stand_in = StandIn(tmp_path)
    made = generator(tmp_path, stand_in, "h264_nvenc", audio=silent, duration_ms=500)
    with pytest.raises(FfmpegError):
        made.generate(SAID)
    chosen = ffmpeg.choose(ffmpeg.Ffmpeg(Limits(ffmpeg=str(stand_in))), video("h264_nvenc"))
    assert chosen.encoder.is_hardware, "it is still trusted"


def test_what_is_cancelled_is_not_done_once_more(tmp_path):
    stand_in, heard = StandIn(tmp_path), []
    long = {"duration_ms": 3_600_000, "on_progress": heard.append}
    made = generator(tmp_path, stand_in, "h264_nvenc", cancelled=lambda: bool(heard), **long)
    with pytest.raises(CancelledError):
        made.generate(SAID)
    assert len(stand_in.calls("-movflags")) == 1


def test_a_cancelled_trial_is_no_verdict(tmp_path):
    stand_in = StandIn(tmp_path, first="if hardware: time.sleep(60)")
    tools = ffmpeg.Ffmpeg(Limits(ffmpeg=str(stand_in)))
    with pytest.raises(CancelledError):
        ffmpeg.choose(tools, video("h264_nvenc"), cancelled=lambda: True)
    assert trial._verdicts == {}


def test_what_takes_too_long_is_not_done_once_more(tmp_path, monkeypatch):
    rendering = sys.modules["karaokify_daemon.adapters.ffmpeg.render"]  # the name is a function's
    monkeypatch.setattr(rendering, "_SHORTEST_DEADLINE", 0.0)
    stand_in = StandIn(tmp_path, first=IN_RENDERS + "time.sleep(60)")
    made = generator(tmp_path, stand_in, "h264_nvenc", duration_ms=100)
    with pytest.raises(DeadlineError):
        made.generate(SAID)
    assert len(stand_in.calls("-movflags")) == 1


def test_addresses_are_limited_but_with_nvenc(tmp_path):
    look = "import resource; open({!r}, 'a').write(f'{{hardware}} {{resource.getrlimit(9)[0]}} ')"
    said = tmp_path / "limits"
    stand_in = StandIn(tmp_path, first=look.format(str(said)))
    generator(tmp_path, stand_in, "h264_nvenc").generate(SAID)
    generator(tmp_path, stand_in, "libx264").generate(SAID)
    words = said.read_text().split()
    found = set(zip(words[::2], words[1::2], strict=True))
    assert {of for of in found if of[0] == "True"} == {("True", "-1")}
    assert ("False", str(16_384 * 1_000_000)) in found


def test_check_tells_which_encoder_is_used_and_why(tmp_path):
    def told(binary, encoder, **presets):
        tree = {"video": {"encoder": encoder}, "limits": {"ffmpeg": str(binary)}}
        return list(checked(from_dict(tree | {"presets": presets})))

    (plain,) = told("ffmpeg", "libx264")
    assert (plain.status, plain.text) == ("ok", "libx264, as configured")
    (works,) = told(StandIn(tmp_path), "h264_nvenc")
    assert (works.status, works.text) == ("ok", "h264_nvenc, which works for 1920x1080")
    refusing = StandIn(tmp_path, first=f"if hardware: {NO_SESSION}")
    (fails,) = told(refusing, "h264_nvenc")
    assert fails.status == "warn" and fails.text.startswith("libx264, because of h264_nvenc: Open")
    assert "resources.md" in fails.advice
    tall = {"size": "1080x1920", "encoder": "h264_vaapi"}
    first, second = told(
        refusing, "auto", tall=tall, same={"title": "x"}, soft={"encoder": "libx264"}
    )
    assert first.status == "ok" and first.text.startswith("auto: libx264 (h264_nvenc: Open")
    assert (second.name, second.status) == ("encoder of tall", "warn")
    (gone,) = told(Path("no-such-ffmpeg"), "auto")
    assert gone.status == "warn" and "not found" in gone.text
