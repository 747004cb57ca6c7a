from fractions import Fraction
from typing import get_args

import pytest

from karaokify_daemon.adapters.ffmpeg import encoders
from karaokify_daemon.adapters.ffmpeg.encoders import LIBX264, Encoder, candidates
from karaokify_daemon.adapters.ffmpeg.trial import reason_of
from karaokify_daemon.config import Limits, Video, schema
from karaokify_daemon.errors import FfmpegError, VerifyError

NVENC, VAAPI = Encoder(name="h264_nvenc"), Encoder(name="h264_vaapi")
RATE = Fraction(30000, 1001)
COLOURS = {
    "colorspace": "bt709",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "color_range": "tv",
}
CONSTANT = {"r": "30000/1001", "g": 150}
VARIABLE = {"fps_mode": "vfr", "force_key_frames": "expr:gte(t,n_forced*5)"}


def test_libx264_is_asked_as_it_was_before_there_were_others():
    assert LIBX264.options(Video(), RATE) == {
        "c:v": "libx264",
        "preset": "veryfast",
        "crf": 20,
        "pix_fmt": "yuv420p",
        **COLOURS,
        **CONSTANT,
    }
    variable = LIBX264.options(Video(fps="variable", crf=0, encoder_preset="slow"), RATE)
    assert variable == {
        "c:v": "libx264",
        "preset": "slow",
        "crf": 0,
        "pix_fmt": "yuv420p",
        **COLOURS,
        **VARIABLE,
    }
    assert not LIBX264.leading and not LIBX264.ending and not LIBX264.is_hardware
    assert LIBX264.limits(Limits()) == Limits()


def test_nvenc_is_asked_for_a_quality_and_for_no_bit_rate():
    assert NVENC.options(Video(), RATE) == {
        "c:v": "h264_nvenc",
        "pix_fmt": "yuv420p",
        "preset": "p4",
        "tune": "hq",
        "profile:v": "high",
        "rc": "vbr",
        "cq": 20,
        "b:v": 0,
        "bf": 0,
        **COLOURS,
        **CONSTANT,
    }
    assert not NVENC.leading and not NVENC.ending


def test_vaapi_gets_its_pictures_uploaded_to_its_device(tmp_path):
    encoder = Encoder(name="h264_vaapi", device=tmp_path / "renderD129")
    options = encoder.options(Video(crf=23), RATE)
    assert options == {
        "c:v": "h264_vaapi",
        "rc_mode": "CQP",
        "qp": 23,
        "bf": 0,
        **COLOURS,
        **CONSTANT,
    }, "and no pix_fmt: what comes out of hwupload is of none that can be named"
    assert encoder.leading == ["-vaapi_device", str(tmp_path / "renderD129")]
    assert encoder.ending == [("format", "nv12"), ("hwupload", None)]
    plain = Encoder(name="h264_vaapi", low_power=True).options(Video(), RATE)
    assert plain["low_power"] == 1


@pytest.mark.parametrize("encoder", [NVENC, VAAPI], ids=lambda encoder: encoder.name)
def test_a_variable_rate_can_be_sought_in_with_every_encoder(encoder):
    options = encoder.options(Video(fps="variable"), RATE)
    assert options.items() >= VARIABLE.items() and not options.keys() & CONSTANT.keys()
    assert ("forced-idr" in options) == (encoder is NVENC)
    assert options["bf"] == 0, "FFmpeg 5.1 times NVENC's as if all frames were equally long"


def test_slower_presets_are_slower_with_nvenc_too():
    presets = get_args(Video.model_fields["encoder_preset"].annotation)
    mapped = [NVENC.options(Video(encoder_preset=one), RATE)["preset"] for one in presets]
    assert mapped == sorted(mapped) and mapped[0] == "p1" and mapped[-1] == "p7"


def test_the_best_quality_is_never_no_quality():
    assert NVENC.options(Video(crf=0), RATE)["cq"] == 1
    assert VAAPI.options(Video(crf=0), RATE)["qp"] == 1


def test_with_nvenc_the_memory_that_is_held_is_limited_and_not_what_is_reserved():
    def of(**limits):
        found = NVENC.limits(Limits(**limits))
        return found.ffmpeg_memory_mb, found.ffmpeg_rss_mb

    assert of() == (0, 16_384)
    assert of(ffmpeg_rss_mb=900) == (0, 900)
    assert of(ffmpeg_memory_mb=0) == (0, 0)
    assert VAAPI.limits(Limits()) == Limits()


def test_every_render_node_is_a_candidate_in_both_ways(tmp_path, monkeypatch):
    monkeypatch.setattr(encoders, "RENDER_NODES", tmp_path)
    assert {one.device for one in candidates("h264_vaapi")} == {tmp_path / "renderD128"}
    for name in ("renderD129", "renderD128", "card0"):
        (tmp_path / name).touch()
    found = [(one.device.name, one.low_power) for one in candidates("h264_vaapi")]
    assert found == [(f"renderD{n}", low) for n in (128, 129) for low in (False, True)]
    assert list(candidates("h264_nvenc")) == [NVENC]


def test_every_encoder_that_can_be_configured_is_one():
    names = {*get_args(schema.Encoder)} - {"auto"}
    assert names == {LIBX264.name, NVENC.name, VAAPI.name}


TWO_LINES = """Guessed Channel Layout
[h264_nvenc @ 0x1] OpenEncodeSessionEx failed: out of memory (10)
[h264_nvenc @ 0x1] No capable devices found"""


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        (
            "[h264_nvenc @ 0x55] Cannot load libcuda.so.1\nError initializing output stream 0:0",
            "Cannot load libcuda.so.1",
        ),
        (TWO_LINES, "OpenEncodeSessionEx failed: out of memory (10)"),
        (
            "[AVHWDeviceContext @ 0x2] No VA display found for device /dev/dri/renderD128.\nx",
            "No VA display found for device /dev/dri/renderD128",
        ),
        ("[vost#0:0 @ 0x5] Unknown encoder 'h264_nvenc'\nx", "Unknown encoder 'h264_nvenc'"),
        (
            "[vost#0:0 @ 0x3] [enc:h264_nvenc @ 0x4] Could not open encoder",
            "Could not open encoder",
        ),
        ("", "FFmpeg ended with exit status 1"),
    ],
)
def test_the_reason_is_what_ffmpeg_says_of_the_encoder(stderr, reason):
    assert reason_of(FfmpegError("FFmpeg ended with exit status 1", stderr=stderr)) == reason


def test_a_video_that_is_not_what_was_asked_for_is_a_reason():
    assert reason_of(VerifyError("has no picture", file="x")) == "has no picture"
