"""Files that try to make FFmpeg read, reach, fill or stall what they should not."""

import json
import os
import socket
import struct
import subprocess
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.support.media import clip, convert, picture, speech, transcript
from tests.support.service import events


@pytest.fixture
def server():
    """A server on this machine; `asked` is what anybody wanted of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            web.asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as web:
        web.asked = []
        thread = threading.Thread(target=web.serve_forever, args=(0.05,))
        thread.start()
        yield web
        web.shutdown()
        thread.join()


def good(tree, name="good.wav"):
    """Drop a recording that must come through whatever lies beside it."""
    words = speech(tree.inbox / name, "Hello world.")
    transcript((tree.inbox / name).with_suffix(".json"), words)


def error_of(tree, name):
    assert (tree.failed / name).exists(), tree.names("failed")
    return json.loads((tree.failed / f"{name}.error.json").read_text())


def test_playlists_and_scripts_reach_neither_files_nor_the_network(tree, server):
    http = f"http://127.0.0.1:{server.server_port}/a"
    secret = tree.folder / "secret.wav"
    speech(secret, "Hello world.")
    texts = {
        "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
        "concat": "ffconcat version 1.0\nfile '{}'\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        "<Period><AdaptationSet><Representation><BaseURL>{}</BaseURL></Representation>"
        "</AdaptationSet></Period></MPD>",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
    }
    names = []
    for kind, text in texts.items():
        for target, what in ((http, "web"), (str(secret), "file"), ("/etc/passwd", "passwd")):
            for ending in ("mp4", "mp3", "wav", "mkv"):
                names.append(f"{kind}-{what}.{ending}")
                (tree.inbox / names[-1]).write_text(text.format(target))
    good(tree)
    assert tree.once()[0] == 1
    assert {error_of(tree, name)["code"] for name in names} == {"not_media"}
    assert tree.names("outbox") == ["good"] and tree.names("inbox") == []
    assert server.asked == []


def test_a_picture_that_names_another_file_is_none(tree, server):
    url = f"http://127.0.0.1:{server.server_port}/b"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}"/></svg>'
    for name, text in (("svg", svg), ("list", "#EXTM3U\n/etc/passwd\n")):
        good(tree, f"{name}.wav")
        (tree.inbox / f"{name}.png").write_text(text)
    assert tree.once()[0] == 1
    for name in ("svg", "list"):
        assert error_of(tree, f"{name}.wav")["code"] == "bad_sidecar"
    assert server.asked == [] and tree.names("outbox") == []


def png(width, height):
    """Return a picture that holds one row of what it claims to."""

    def chunk(kind, content):
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    row = zlib.compress(bytes(1 + 3 * width))
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_a_background_of_ten_thousand_megapixels_is_refused(tree):
    good(tree, "talk.wav")
    (tree.inbox / "talk.png").write_bytes(png(100_000, 100_000))
    good(tree)
    assert tree.once()[0] == 1
    error = error_of(tree, "talk.wav")
    assert error["code"] == "bad_sidecar" and error["file"] == "talk.png"
    assert tree.names("outbox") == ["good"]


def test_a_sparse_recording_of_a_thousand_hours_is_refused_unread(tree):
    size = 1000 * 3600 * 1000  # at 1 kHz and 8 bits
    header = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, 1, 1000, 1000, 1, 8
    )
    with (tree.inbox / "long.wav").open("wb") as file:
        file.write(header + struct.pack("<4sI", b"data", size))
        file.truncate(size + 44)
    good(tree)
    assert tree.once()[0] == 1
    error = error_of(tree, "long.wav")
    assert error["code"] == "limit" and "lasts 3600000 s" in error["problem"], error
    info = (tree.failed / "long.wav").stat()
    assert info.st_size == size + 44 and info.st_blocks * 512 < 1 << 20  # and still a sparse one
    assert tree.names("outbox") == ["good"]


def test_a_small_file_of_much_silence_that_claims_a_second_is_cut_off(tree):
    flac = tree.inbox / "bomb.flac"
    silence = ["-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=20000", "-compression_level", "12"]
    subprocess.run(["ffmpeg", "-v", "error", *silence, str(flac)], check=True)
    content = bytearray(flac.read_bytes())
    content[21] &= 0xF0  # the number of samples in STREAMINFO (RFC 9639, 8.2), 36 bits
    content[22:26] = struct.pack(">I", 8000)
    flac.write_bytes(content)
    assert len(content) < 20_000 * 8000 * 2 / 50
    tree.settings["limits.max_duration_seconds"] = "600"
    good(tree)
    assert tree.once()[0] == 1
    assert error_of(tree, "bomb.flac")["code"] == "limit"
    assert tree.names("outbox") == ["good"]
    assert [*(tree.cache / "work").iterdir()] == []


def test_a_recording_of_five_hundred_streams_is_rendered_from_its_first(tree):
    words = speech(tree.folder / "one.wav", "Hello world.")
    one = convert(tree.folder / "one.wav", tree.folder / "one.m4a")
    many = [part for _ in range(500) for part in ("-map", "0:a")]
    convert(one, tree.inbox / "many.mp4", *many, "-c", "copy")
    transcript(tree.inbox / "many.json", words)
    status, log = tree.once()
    assert status == 0, events(log, "job.failed")
    assert tree.names("outbox") == ["many"]


def test_links_and_what_is_no_file_stay_where_they_are_with_a_reason(tree):
    outside = tree.folder / "private.wav"
    speech(outside, "Hello world.")
    os.link(outside, tree.inbox / "hard.wav")
    (tree.inbox / "soft.wav").symlink_to(outside)
    (tree.inbox / "null.wav").symlink_to("/dev/zero")
    os.mkfifo(tree.inbox / "pipe.wav")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tree.inbox / "socket.wav"))
    good(tree)
    status, log = tree.once()
    assert status == 0
    told = {line["file"]: line["reason"] for line in events(log, "inbox.refused")}
    assert "other names" in told["hard.wav"]
    assert "symbolic link" in told["soft.wav"] and "symbolic link" in told["null.wav"]
    assert "named pipe" in told["pipe.wav"]
    assert "socket" in told["socket.wav"]
    assert tree.names("inbox") == sorted(told) and tree.names("outbox") == ["good"]
    outside.unlink()  # the other name is gone: it is a file like any other now
    (tree.inbox / "soft.wav").unlink()
    assert tree.once()[0] == 0
    assert tree.names("outbox") == ["good", "hard"]


@pytest.mark.parametrize(
    ("suffix", "content", "says"),
    [
        (".toml", b"title" + b".a" * 3000 + b" = 1", "title: is not a text"),
        (".toml", b"title = 1" + b" " * 20_000, "larger than 16 KiB"),
        (".json", None, "larger than 65536 KiB"),  # 4 TB of holes
    ],
)
def test_sidecars_that_take_for_ever_are_refused_at_once(tree, suffix, content, says):
    good(tree)
    speech(tree.inbox / "talk.wav", "Hello world.")
    path = tree.inbox / f"talk{suffix}"
    path.write_bytes(content or b"")
    if content is None:
        os.truncate(path, 4 * 10**12)
    assert tree.once()[0] == 1
    error = error_of(tree, "talk.wav")
    assert error["code"] == "bad_sidecar" and says in error["problem"]
    assert tree.names("outbox") == ["good"]


def test_a_recording_that_is_too_large_is_refused_before_it_is_read(tree):
    tree.settings["limits.max_input_mb"] = "1"
    speech(tree.inbox / "talk.wav", "Hello world.")
    os.truncate(tree.inbox / "talk.wav", 1_000_001)
    assert tree.once()[0] == 1
    assert error_of(tree, "talk.wav")["code"] == "limit"


def test_a_tag_that_looks_like_a_full_disk_is_no_full_disk(tree):
    words = speech(tree.folder / "a.wav", "Hello world.")
    transcript(tree.inbox / "talk.json", words)
    title = ("A" * 200 + "\r") * 12 + "B" * 100 + "No space left on device"
    convert(tree.folder / "a.wav", tree.inbox / "talk.flac", "-metadata", f"title={title}")
    status, log = tree.once()
    assert status == 0 and events(log, "job.retry") == []


def cover_first(path):
    """Put the tags of an MP4, its cover among them, before its tracks."""
    content = path.read_bytes()
    at = content.index(b"moov") - 4
    size = int.from_bytes(content[at : at + 4])
    boxes, inner = [], at + 8
    while inner < at + size:
        length = int.from_bytes(content[inner : inner + 4])
        boxes.append(content[inner : inner + length])
        inner += length
    boxes.sort(key=lambda box: [b"mvhd", b"udta"].index(box[4:8]) if box[4:8] != b"trak" else 9)
    path.write_bytes(content[: at + 8] + b"".join(boxes) + content[at + size :])


@pytest.mark.parametrize("limit", ["100000000", "100000"])
def test_a_cover_before_the_picture_is_not_the_picture_but_has_its_limit(tree, limit):
    tree.settings |= {"limits.max_pixels": limit, "video.title": "", "video.waveform": "none"}
    words = speech(tree.folder / "a.wav", "Hello world.")
    clip(tree.folder / "a.mp4", tree.folder / "a.wav", 2, size="160x120")
    picture(tree.folder / "cover.png", "color=c=red:s=600x600")
    cover = ["-i", str(tree.folder / "cover.png"), "-map", "0", "-map", "1", "-c", "copy"]
    convert(
        tree.folder / "a.mp4", tree.folder / "b.mp4", *cover, "-disposition:v:1", "attached_pic"
    )
    cover_first(tree.folder / "b.mp4")
    transcript(tree.inbox / "talk.json", words)
    (tree.folder / "b.mp4").rename(tree.inbox / "talk.mp4")
    status, _ = tree.once()
    if limit == "100000":
        assert status == 1 and "600x600" in error_of(tree, "talk.mp4")["problem"]
        return
    assert status == 0
    shot = convert(tree.outbox / "talk" / "talk.mp4", tree.folder / "shot.ppm", "-frames:v", "1")
    pixels = shot.read_bytes()[-320 * 180 * 3 :]
    red = sum(
        pixels[i] > 200 and pixels[i + 1] < 60 > pixels[i + 2] for i in range(0, len(pixels), 3)
    )
    assert red < 320 * 180 / 4, "the test picture is shown, and not its cover"
