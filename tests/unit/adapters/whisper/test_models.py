import hashlib
import lzma
import subprocess
import sys

import pytest

from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.errors import ModelError


@pytest.fixture
def demo(tmp_path):
    """A packed model of a few bytes, with its checksum beside it."""
    content = b"weights" * 100
    packed = tmp_path / "demo.pt.xz"
    packed.write_bytes(lzma.compress(content))
    digest = hashlib.sha256(content).hexdigest()
    packed.with_suffix(".sha256").write_text(f"{digest}  demo.pt\n")
    return packed


@pytest.fixture(autouse=True)
def whisper_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    folder = tmp_path / "xdg" / "whisper"
    folder.mkdir(parents=True)
    return folder


def test_demo_is_unpacked_into_the_cache_once(tmp_path, demo):
    cache = tmp_path / "cache"
    first = models.resolve("demo", cache, download=False, demo=demo)
    assert first.path.parent == cache / "models"
    assert first.path.read_bytes() == b"weights" * 100
    before = first.path.stat().st_ino
    again = models.resolve("demo", cache, download=False, demo=demo)
    assert again.path.stat().st_ino == before
    assert list(first.path.parent.iterdir()) == [first.path]


def test_a_damaged_unpacked_demo_is_replaced(tmp_path, demo):
    path = models.resolve("demo", tmp_path, download=False, demo=demo).path
    path.write_bytes(b"weightz" * 100)
    models.resolve("demo", tmp_path, download=False, demo=demo)
    assert path.read_bytes() == b"weights" * 100


@pytest.mark.parametrize("damage", ["other content", "not xz", "cut short", "gone", "no checksum"])
def test_a_damaged_installation_is_named_and_leaves_nothing_behind(tmp_path, demo, damage):
    packed = demo.read_bytes()
    if damage == "other content":
        demo.write_bytes(lzma.compress(b"something else"))
    elif damage == "not xz":
        demo.write_bytes(b"no archive")
    elif damage == "cut short":
        demo.write_bytes(packed[: len(packed) // 2])
    elif damage == "gone":
        demo.unlink()
    else:
        demo.with_suffix(".sha256").unlink()
    with pytest.raises(ModelError, match="damaged") as caught:
        models.resolve("demo", tmp_path / "cache", download=True, demo=demo)
    assert "Install" in caught.value.advice
    assert not list((tmp_path / "cache").glob("models/*"))


def test_the_shipped_demo_matches_its_checksum(tmp_path):
    path = models.resolve("demo", tmp_path, download=False).path
    assert models.identity("demo").endswith(hashlib.sha256(path.read_bytes()).hexdigest())


def test_an_unwritable_cache_is_a_model_error(tmp_path, demo):
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(ModelError, match="could not be unpacked") as caught:
        models.resolve("demo", tmp_path / "cache", download=False, demo=demo)
    assert "folders.cache" in caught.value.advice


def test_an_official_size_is_found_in_the_cache_before_whispers_own_folder(tmp_path, whisper_cache):
    theirs, ours = whisper_cache / "small.pt", tmp_path / "models" / "small.pt"
    theirs.touch()
    assert models.resolve("small", tmp_path, download=False).path == theirs
    ours.parent.mkdir()
    ours.touch()
    assert models.resolve("small", tmp_path, download=False).path == ours


@pytest.mark.parametrize(
    ("size", "file"), [("large", "large-v3.pt"), ("turbo", "large-v3-turbo.pt")]
)
def test_names_that_stand_for_another_find_its_file(tmp_path, whisper_cache, size, file):
    (whisper_cache / file).touch()
    assert models.resolve(size, tmp_path, download=False).path == whisper_cache / file


def test_a_missing_size_names_file_folders_and_alternatives(tmp_path, whisper_cache):
    with pytest.raises(ModelError) as caught:
        models.resolve("small", tmp_path, download=False)
    text = str(caught.value)
    for part in ("small.pt", str(tmp_path / "models"), str(whisper_cache), "transcribe.download"):
        assert part in text
    assert 'model = "demo"' in text


def test_a_missing_size_is_left_to_be_downloaded_where_that_is_allowed(tmp_path):
    file = models.resolve("base.en", tmp_path, download=True)
    assert file.path is None
    assert file.folder == tmp_path / "models"


def test_an_unknown_name_suggests_close_ones(tmp_path):
    with pytest.raises(ModelError, match="did you mean 'medium'"):
        models.resolve("mediun", tmp_path, download=True)


def test_a_path_is_taken_as_it_is(tmp_path):
    path = tmp_path / "mine.pt"
    path.touch()
    assert models.resolve(str(path), tmp_path, download=False).path == path


@pytest.mark.parametrize("name", ["gone.pt", "./folder/"])
def test_a_path_without_a_file_is_a_model_error(tmp_path, name):
    with pytest.raises(ModelError, match="does not exist"):
        models.resolve(name, tmp_path, download=True)


def test_a_folder_is_no_model(tmp_path):
    with pytest.raises(ModelError, match="is not a file"):
        models.resolve(str(tmp_path), tmp_path, download=True)


def test_identity_changes_with_the_file_at_a_path(tmp_path):
    path = tmp_path / "mine.pt"
    path.write_bytes(b"one")
    before = models.identity(str(path))
    path.write_bytes(b"other")
    assert models.identity(str(path)) != before


def test_identity_is_the_same_for_two_names_of_one_model():
    assert models.identity("large") == models.identity("large-v3")


@pytest.mark.torch
def test_the_names_are_those_of_whisper():
    whisper = pytest.importorskip("whisper")
    assert {name: url.rsplit("/", 1)[1] for name, url in whisper._MODELS.items()} == models.OFFICIAL


def test_resolving_does_not_import_torch():
    code = (
        "import sys; from karaokify_daemon.adapters.whisper import models; "
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture
def extra(tmp_path, monkeypatch):
    """The extra's package is there, if only by name."""
    (tmp_path / "extra" / "faster_whisper").mkdir(parents=True)
    (tmp_path / "extra" / "faster_whisper" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "extra")


def faster(model, cache, *, download=False):
    return models.resolve(model, cache, download=download, engine="faster-whisper")


def converted(folder):
    folder.mkdir(parents=True)
    (folder / "model.bin").touch()
    return folder


def test_an_engine_that_is_not_installed_is_told_with_the_command(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(ModelError, match="not installed") as caught:
        faster("tiny", tmp_path, download=True)
    assert "pip install 'karaokify-daemon[faster-whisper]'" in caught.value.advice


def test_a_converted_size_is_found_before_a_checkpoint_before_what_others_have(
    tmp_path, whisper_cache, extra
):
    hub = whisper_cache.parent / "huggingface" / "hub" / "models--Systran--faster-whisper-small"
    others = converted(hub / "snapshots" / "12ab")
    assert faster("small", tmp_path).path == others
    checkpoint = whisper_cache / "small.pt"
    checkpoint.touch()
    assert faster("small", tmp_path).path == checkpoint
    ours = converted(tmp_path / "models" / "faster-whisper-small")
    assert faster("small", tmp_path).path == ours
    assert models.resolve("small", tmp_path, download=False).path == checkpoint


def test_a_folder_is_a_model_for_faster_whisper_only(tmp_path, extra):
    folder = converted(tmp_path / "mine")
    assert faster(str(folder), tmp_path).path == folder
    with pytest.raises(ModelError, match="is not a file"):
        models.resolve(str(folder), tmp_path, download=False)
    (folder / "model.bin").unlink()
    with pytest.raises(ModelError, match=r"has no model\.bin"):
        faster(str(folder), tmp_path)


def test_a_missing_size_names_the_folder_that_faster_whisper_looked_for(tmp_path, extra):
    with pytest.raises(
        ModelError, match=r"no large-v3\.pt and no folder faster-whisper-large-v3 in"
    ):
        faster("large", tmp_path)
    assert faster("large", tmp_path, download=True).path is None


def test_identity_of_a_folder_changes_with_its_weights(tmp_path):
    folder = converted(tmp_path / "mine")
    before = models.identity(str(folder), engine="faster-whisper")
    (folder / "model.bin").write_bytes(b"other")
    assert models.identity(str(folder), engine="faster-whisper") != before


@pytest.mark.torch
def test_the_repositories_are_those_of_faster_whisper():
    utils = pytest.importorskip("faster_whisper.utils")
    assert {name: utils._MODELS[name] for name in models.OFFICIAL} == models.HUB
