import os

from karaokify_daemon.adapters.whisper import leftovers


def download(cache, name, *, written):
    folder = cache / "models" / f".download-{name}"
    folder.mkdir(parents=True)
    part = folder / "small.pt"
    part.write_bytes(b"half of it")
    for path in (part, folder):
        os.utime(path, (written, written))
    return part


def test_a_download_that_was_killed_is_removed_and_one_that_goes_on_is_not(tmp_path):
    dead, alive = download(tmp_path, "dead", written=1000), download(tmp_path, "x", written=1000)
    os.utime(alive, (5000, 5000))
    model = tmp_path / "models" / "small.pt"
    model.write_bytes(b"all of it")
    os.utime(model, (1000, 1000))
    assert leftovers.sweep(tmp_path, before=3000) == 1
    assert not dead.parent.exists() and alive.exists() and model.exists()


def test_without_models_there_is_nothing_to_sweep(tmp_path):
    assert leftovers.sweep(tmp_path, before=3000) == 0


def test_conversions_and_unpackings_that_were_killed_go_too(tmp_path):
    models = tmp_path / "models"
    (models / ".large-0123.ct2.new").mkdir(parents=True)
    (models / ".large-0123.ct2.new" / "model.bin").write_text("half")
    (models / ".demo-abc").write_text("half")
    (models / "large-0123.ct2").mkdir()
    assert leftovers.sweep(tmp_path, before=2**40) == 2
    assert [path.name for path in models.iterdir()] == ["large-0123.ct2"]
