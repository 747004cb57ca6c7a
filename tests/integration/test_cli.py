"""The command line, run as a user runs it."""

import json
import subprocess
import sys

import pytest

from tests.support.media import clip, picture, speech, transcript
from tests.support.service import COMMAND, run_cli

SMALL = ["--set", "video.size=320x180", "--set", "video.encoder_preset=ultrafast"]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["run", "--help"], ["init", "tree"], ["check"]]
)
def test_light_commands_import_nothing_heavy(arguments, tmp_path):
    script = (
        "import sys\n"
        "from karaokify_daemon.service.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'whisper', 'whisper_timestamped', 'litellm', 'numba', 'numpy'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stdout


def test_help_names_every_command():
    text = run_cli("--help").stdout
    assert all(name in text for name in "init run process transcribe render check".split())


def test_faults_of_a_configuration_are_all_told_and_the_status_is_2(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[video]\nsiez = "1x1"\nfps = "x"\n[vido]\n')
    done = run_cli("run", "--config", path)
    assert done.returncode == 2
    assert "did you mean 'video.size'" in done.stderr and "video.fps" in done.stderr
    assert "did you mean 'video'" in done.stderr and "Traceback" not in done.stderr


def test_render_accepts_underscores_and_writes_the_video(tmp_path):
    words = speech(tmp_path / "talk.wav", "Hello world.")
    clip(tmp_path / "in.mp4", tmp_path / "talk.wav")
    done = run_cli(
        "render",
        f"--video_input={tmp_path / 'in.mp4'}",
        "--transcript",
        transcript(tmp_path / "t.json", words),
        "--output",
        tmp_path / "out.mp4",
        "--audio",
        tmp_path / "talk.wav",
        "--background",
        picture(tmp_path / "b.png"),
        *SMALL,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").stat().st_size > 1000


@pytest.mark.torch
def test_transcribe_writes_json_to_standard_output_and_nothing_else(tmp_path):
    speech(tmp_path / "talk.wav")
    arguments = ["--audio_path", tmp_path / "talk.wav", "--model_size", "demo"]
    done = run_cli("transcribe", *arguments, "--set", f"folders.cache={tmp_path / 'cache'}")
    assert done.returncode == 0, done.stderr
    assert "fox" in json.loads(done.stdout)["text"]


@pytest.mark.torch
def test_process_makes_bundles_and_leaves_the_sources(tmp_path):
    speech(tmp_path / "one.wav", "Hello world.")
    speech(tmp_path / "two.wav", "Welcome to our story.")
    (tmp_path / "bad.mp3").write_text("no music")
    files = [tmp_path / name for name in ("one.wav", "bad.mp3", "two.wav")]
    options = ["--output", tmp_path / "out", "--title", 'An "odd" title', *SMALL]
    options += ["--set", "transcribe.model=demo", "--set", f"folders.cache={tmp_path / 'cache'}"]
    done = run_cli("process", *files, *options)
    assert done.returncode == 1
    assert done.stdout.split() == [str(tmp_path / "out" / n) for n in ("one", "two")]
    assert "bad.mp3" in done.stderr and all(file.exists() for file in files)
    manifest = json.loads((tmp_path / "out" / "one" / "manifest.json").read_text())
    assert manifest["options"]["video"]["title"] == 'An "odd" title'


@pytest.mark.torch
def test_process_tells_what_the_manifest_warns_of(tmp_path):
    transcript(tmp_path / "one.json", speech(tmp_path / "one.wav", "Hello world. And so on."))
    options = ["--output", tmp_path / "out", *SMALL, "--set", "highlights.seconds=3"]
    options += ["--set", "highlights.count=4", "--set", f"folders.cache={tmp_path / 'cache'}"]
    done = run_cli("process", tmp_path / "one.wav", *options)
    assert done.returncode == 0 and done.stdout.split() == [str(tmp_path / "out" / "one")]
    manifest = json.loads((tmp_path / "out" / "one" / "manifest.json").read_text())
    assert manifest["warnings"]
    assert done.stderr.splitlines() == [f"warning: {line}" for line in manifest["warnings"]]


@pytest.mark.parametrize(
    "arguments",
    [
        ["transcribe", "--audio_path", "a.wav", "--output", "a.wav"],
        ["render", "--video_input", "v.mp4", "--transcript", "t.mp4", "--output", "t.mp4"],
        ["render", "--video_input", "v.mp4", "--transcript", "t.mp4", "--output", "./v.mp4"],
    ],
)
def test_what_was_given_is_never_overwritten(tmp_path, arguments):
    transcript(tmp_path / "t.mp4", speech(tmp_path / "a.wav", "Hello."))
    clip(tmp_path / "v.mp4", tmp_path / "a.wav", 1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = run_cli(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and "both what is read and what is written" in done.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "arguments", [["process", "nowhere.mp3"], ["transcribe", "--audio-path", "no.wav"]]
)
def test_a_missing_file_is_named(arguments, tmp_path):
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert arguments[-1] in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["transcribe", "--audio-path", "a.wav", "--output", "."], 2, "is a folder"),
        (["transcribe", "--audio-path", "a.wav", "--model-size", "smal"], 1, "'small'"),
        (["process", "a.wav", "--output", "a.wav"], 1, "cannot be made (File exists)"),
        (["process", "a.wav", "--output", "no/where"], 1, "cannot be made (No such file"),
        (["init", "a.wav"], 2, "not a file"),
    ],
)
def test_mistakes_are_told_in_words(arguments, status, says, tmp_path):
    speech(tmp_path / "a.wav", "Hello.")
    done = run_cli(*arguments, cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (status, False), done.stderr
    assert says in done.stderr
    assert "a.wav: there is no model" not in done.stderr


@pytest.mark.parametrize("name", ["out.avi", "out", "t.json"])
def test_render_writes_mp4_only(tmp_path, name):
    done = run_cli(
        "render", "--video-input", "a.wav", "--transcript", "t.json", "--output", name, cwd=tmp_path
    )
    assert done.returncode == 2 and "End it with .mp4" in done.stderr
