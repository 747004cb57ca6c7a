import pytest

from karaokify_daemon.config import from_dict
from karaokify_daemon.domain.job import Job, Sidecars
from karaokify_daemon.errors import IntakeError, SourceChangedError
from karaokify_daemon.pipeline import manifest


def test_identity_follows_content_and_looks_but_not_what_the_machine_spends():
    hashes = {"media": "aa"}
    same = manifest.identity(hashes, from_dict({}))
    assert manifest.identity(hashes, from_dict({"transcribe": {"threads": 7}})) == same
    assert manifest.identity(hashes, from_dict({"video": {"title": "x"}})) != same
    assert manifest.identity({"media": "ab"}, from_dict({})) != same
    assert manifest.identity({"media": "aa", "options": "cc"}, from_dict({})) != same


def test_a_name_that_is_not_utf8_is_kept_exactly_in_hexadecimal(tmp_path):
    media = tmp_path / "caf\udce9.mp3"
    media.write_bytes(b"x")
    options = tmp_path / "caf\udce9.toml"
    options.write_bytes(b"y")
    job = Job(id="1", media=media, sidecars=Sidecars(options=options))
    hashes = manifest.source_hashes(job)
    made = manifest.manifest(job, from_dict({}), hashes, {"words": 3})
    assert made["source"]["name"] == "caf\ufffd.mp3"
    assert bytes.fromhex(made["source"]["name_hex"]) == b"caf\xe9.mp3"
    assert made["sidecars"]["options"]["sha256"] == hashes["options"]
    assert made["words"] == 3 and made["versions"]["karaokify-daemon"]


def test_a_recording_that_cannot_be_read_waits_and_one_that_is_gone_has_changed(tmp_path):
    (tmp_path / "folder.mp3").mkdir()  # as root may read everything else
    for name, error in (("folder.mp3", IntakeError), ("gone.mp3", SourceChangedError)):
        with pytest.raises(error) as caught:
            manifest.source_hashes(Job(id="1", media=tmp_path / name, sidecars=Sidecars()))
        assert caught.value.file == name
