from pathlib import Path

from karaokify_daemon.adapters.files.held import hold
from karaokify_daemon.config import from_dict
from karaokify_daemon.domain.job import Job, Sidecars
from karaokify_daemon.pipeline import manifest


def test_identity_follows_content_and_looks_but_not_what_the_machine_spends():
    def of(config=None, media="talk.mp3", **hashes):
        return manifest.identity({"media": "aa"} | hashes, from_dict(config or {}), Path(media))

    assert of({"transcribe": {"threads": 7}}) == of()
    assert of({"video": {"encoder": "h264_nvenc"}}) == of()
    assert of({"video": {"title": "x"}}) != of()
    assert of(background="bb") != of()
    assert of(options="cc") != of()


def test_a_name_is_part_of_the_identity_only_where_it_is_seen():
    def of(title, media):
        return manifest.identity({}, from_dict({"video": {"title": title}}), Path(media))

    assert of("{stem}", "a.mp3") == of("{stem}", "b/a.wav") != of("{stem}", "b.mp3")
    assert of("News", "a.mp3") == of("News", "b.mp3")


def test_a_name_that_is_not_utf8_is_kept_exactly_in_hexadecimal(tmp_path):
    media = tmp_path / "caf\udce9.mp3"
    media.write_bytes(b"x")
    options = tmp_path / "caf\udce9.toml"
    options.write_bytes(b"y")
    job = Job(id="1", media=media, sidecars=Sidecars(options=options))
    with hold(job) as held:
        hashes = manifest.source_hashes(held, from_dict({}))
        made = manifest.manifest(held, from_dict({}), hashes, {"words": 3})
    assert made["source"]["name"] == "caf\ufffd.mp3"
    assert bytes.fromhex(made["source"]["name_hex"]) == b"caf\xe9.mp3"
    assert made["sidecars"]["options"]["sha256"] == hashes["options"]
    assert made["words"] == 3 and made["versions"]["karaokify-daemon"]
