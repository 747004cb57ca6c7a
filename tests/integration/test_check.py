"""`check` on real folders, with the real FFmpeg, and with programs that are not what they say."""

import os
import stat
import subprocess
import sys

import pytest

from karaokify_daemon.service.check import check, render
from karaokify_daemon.service.check_machine import disk
from karaokify_daemon.service.finding import Finding
from karaokify_daemon.service.init import init
from tests.support.service import run_cli

CPU = ("transcribe.model=demo", "transcribe.device=cpu")
needs_torch = pytest.mark.torch
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


@pytest.fixture
def config(tmp_path):
    return init(tmp_path / "tree")


def of(findings, name):
    found = [finding for finding in findings if finding.name == name]
    assert found, f"nothing about {name}: {findings}"
    return found[0]


def fake(path, text):
    """A program that prints a text, whatever it is asked."""
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    path.chmod(0o755)
    return path


@needs_torch
def test_a_fresh_tree_is_fine(config):
    findings = check(config, settings=CPU)
    assert {f.status for f in findings} == {"ok"}, findings
    assert {f.name for f in findings} >= {
        *("configuration", "inbox", "outbox", "archive", "failed", "state", "cache"),
        *("watching", "ffmpeg", "ffmpeg filters", "ffmpeg encoders", "ffprobe"),
        *("engine", "device", "model", "fonts", "style", "font", "disk"),
    }


@needs_torch
def test_the_automatic_device_is_asked_of_pytorch(config):
    found = of(check(config, settings=("transcribe.model=demo",)), "device")
    assert found.status == "ok" and "PyTorch" in found.text


def test_an_engine_that_is_not_installed_is_a_failure_with_the_command(config, monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    findings = check(config, settings=("transcribe.engine=faster-whisper", *CPU))
    for name in ("engine", "model"):
        assert of(findings, name).status == "fail"
        assert "pip install 'karaokify-daemon[faster-whisper]'" in of(findings, name).advice


@needs_torch
def test_faster_whisper_is_looked_at_where_it_is_configured(config):
    pytest.importorskip("faster_whisper")
    findings = check(config, settings=("transcribe.engine=faster-whisper", CPU[0]))
    assert of(findings, "engine").text.startswith("faster-whisper ")
    assert "CTranslate2" in of(findings, "device").text
    assert of(findings, "model").status == "ok"


@needs_torch
def test_a_missing_gpu_is_a_failure_only_where_one_is_demanded(config, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = of(check(config, settings=("transcribe.device=cuda",)), "device")
    assert found.status == "fail" and "transcribe.device" in found.advice


def test_every_fault_of_the_configuration_has_its_line(config):
    config.write_text('[video]\nsiez = "1x1"\nfps = "x"\n')
    findings = check(config)
    faults = [f for f in findings if f.name == "configuration"]
    assert len(faults) == 2 and {f.status for f in faults} == {"fail"}
    assert any("did you mean 'video.size'" in fault.text for fault in faults)
    assert of(findings, "ffmpeg").status == "ok", "what does not depend on it is looked at"


@pytest.mark.parametrize("content", [None, "[video", "\x00"])
def test_a_configuration_that_cannot_be_read_is_one_failure(config, content):
    config.unlink() if content is None else config.write_text(content)
    (fault,) = (f for f in check(config) if f.name == "configuration")
    assert fault.status == "fail" and str(config) in fault.text and fault.advice


def test_a_missing_folder_that_can_be_made_is_only_a_warning(config):
    (config.parent / "archive").rmdir()
    found = of(check(config, settings=CPU), "archive")
    assert found.status == "warn" and "mount" in found.advice
    assert not (config.parent / "archive").exists(), "check makes nothing"


def test_a_file_in_the_place_of_a_folder_is_a_failure(config):
    (config.parent / "outbox").rmdir()
    (config.parent / "outbox").write_text("x")
    assert of(check(config, settings=CPU), "outbox").status == "fail"


def test_a_folder_below_a_file_is_a_failure(config):
    (config.parent / "file").write_text("x")
    found = of(check(config, settings=("folders.outbox=file/outbox", *CPU)), "outbox")
    assert found.status == "fail", found


@as_user
def test_a_read_only_folder_is_a_failure(config):
    (config.parent / "outbox").chmod(0o500)
    found = of(check(config, settings=CPU), "outbox")
    assert found.status == "fail" and "chown" in found.advice


def test_a_read_only_file_system_is_a_failure(config):
    found = of(check(config, settings=("folders.outbox=/proc/self", *CPU)), "outbox")
    assert found.status == "fail"


def test_folders_must_differ_and_lie_outside_the_inbox(config):
    settings = ("folders.outbox=inbox", "folders.failed=inbox/failed", *CPU)
    texts = [f.text for f in check(config, settings=settings) if f.name == "folders"]
    same, inside = texts
    assert same.startswith("folders.outbox") and "same folder as folders.inbox" in same
    assert inside.startswith("folders.failed") and "inside the inbox" in inside


def test_nothing_is_left_behind_in_the_folders(config):
    check(config, settings=CPU)
    left = [p for p in config.parent.rglob("*") if p.is_file() and p != config]
    assert {p.parent.name for p in left} <= {"models"}


def test_private_folders_that_others_may_read_are_a_warning(config):
    (config.parent / "cache").chmod(0o755)
    found = of(check(config, settings=CPU), "permissions")
    assert found.status == "warn" and found.advice.startswith("chmod 700")
    assert stat.S_IMODE((config.parent / "cache").stat().st_mode) == 0o755


def test_a_preset_without_its_folder_is_a_warning(config):
    with config.open("a") as file:
        file.write('\n[presets.tall]\nsize = "90x160"\n')
    assert of(check(config, settings=CPU), "preset").status == "warn"
    (config.parent / "inbox" / "tall").mkdir()
    assert not [f for f in check(config, settings=CPU) if f.name == "preset"]


def test_a_background_that_is_not_there_is_a_failure(config):
    found = of(check(config, settings=("video.background=/nowhere.png", *CPU)), "background")
    assert found.status == "fail"


def test_a_missing_ffmpeg_is_a_failure_with_what_to_install(config):
    findings = check(config, settings=("limits.ffmpeg=no-such", "limits.ffprobe=nor-this", *CPU))
    assert of(findings, "ffmpeg").status == of(findings, "ffprobe").status == "fail"
    assert "apt-get install ffmpeg" in of(findings, "ffmpeg").advice


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("4.4.2-0ubuntu0", "fail"),
        ("5.0.3", "fail"),
        ("5.1.9-0+deb12u1", "ok"),
        ("n7.1", "ok"),
        ("10.0", "ok"),
        ("N-109542-g5b9b3a2", "warn"),
    ],
)
def test_the_version_of_ffmpeg_is_judged(config, tmp_path, told, status):
    binary = fake(tmp_path / "ffmpeg", f"ffmpeg version {told} Copyright (c) 2000-2026")
    assert of(check(config, settings=(f"limits.ffmpeg={binary}", *CPU)), "ffmpeg").status == status


def test_what_a_build_of_ffmpeg_lacks_is_named(config, tmp_path):
    lines = "ffmpeg version 6.1 Copyright\n V..... libx264 H.264\n A..... aac AAC\n .. geq V->V x"
    binary = fake(tmp_path / "ffmpeg", lines)
    findings = check(config, settings=(f"limits.ffmpeg={binary}", *CPU))
    assert of(findings, "ffmpeg filters").status == "fail"
    assert " ass," in of(findings, "ffmpeg filters").text
    assert "no mjpeg" in of(findings, "ffmpeg encoders").text


def test_another_build_of_ffmpeg_has_everything(config):
    imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")
    binary = imageio_ffmpeg.get_ffmpeg_exe()
    findings = check(config, settings=(f"limits.ffmpeg={binary}", *CPU))
    for name in ("ffmpeg", "ffmpeg filters", "ffmpeg encoders"):
        assert of(findings, name).status == "ok", of(findings, name)


def test_the_model_is_looked_for_but_not_downloaded(config, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert of(check(config, settings=("transcribe.device=cpu",)), "model").status == "warn"
    refused = ("transcribe.device=cpu", "transcribe.download=false")
    found = of(check(config, settings=refused), "model")
    assert found.status == "fail" and "small.pt" in found.text
    (config.parent / "cache" / "models").mkdir(exist_ok=True)
    (config.parent / "cache" / "models" / "small.pt").write_text("x")
    assert of(check(config, settings=refused), "model").status == "ok"


def test_an_unknown_model_is_a_failure_with_a_suggestion(config):
    found = of(check(config, settings=("transcribe.model=smal", "transcribe.device=cpu")), "model")
    assert found.status == "fail" and "small" in found.text


@pytest.mark.parametrize(("font", "status"), [("open sans", "ok"), ("No Such Font: [x]", "warn")])
def test_the_font_is_looked_for(config, font, status):
    assert of(check(config, settings=(f"video.font='{font}'", *CPU)), "font").status == status


def test_an_installed_font_is_found(config):
    listed = subprocess.run(
        ["fc-list", "--format", "%{family}\n"], capture_output=True, text=True, check=True
    )
    if not listed.stdout.strip():
        pytest.skip("no font is installed")
    family = listed.stdout.splitlines()[0].split(",")[0]
    assert of(check(config, settings=(f"video.font='{family}'", *CPU)), "font").status == "ok"


def test_each_file_system_is_told_once(tmp_path):
    assert len(list(disk({"outbox": tmp_path, "cache": tmp_path / "not yet"}))) == 1


def test_the_table_has_one_line_per_finding_whatever_is_in_a_name():
    findings = [
        Finding("inbox", "ok", "a\nb [red]c[/red] \udce9"),
        Finding("outbox", "fail", "/x is full", "Free some space."),
    ]
    lines = render(findings, terminal=False).splitlines()
    assert lines[0] == "ok    inbox   a b [red]c[/red] �"
    assert lines[1] == "fail  outbox  /x is full. Free some space."
    assert lines[2] == "The service cannot run: 1 to correct, 0 to look at."
    assert len(lines) == 3
    assert "\x1b[" in render(findings, terminal=True) and "[red]c" in render(
        findings, terminal=True
    )


@needs_torch
def test_the_command_ends_with_1_when_the_service_could_not_run(config):
    cpu = ["--set", CPU[0], "--set", CPU[1]]
    fine = run_cli("check", "--config", config, *cpu)
    assert fine.returncode == 0 and fine.stdout.endswith("The service can run.\n"), fine.stdout
    bad = run_cli("check", "--config", config, *cpu, "--set", "limits.ffmpeg=no-such")
    assert bad.returncode == 1 and "fail  ffmpeg" in bad.stdout and not bad.stderr


def test_a_language_model_is_looked_at_without_being_asked(config, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    llm = ("llm.model=openai/gpt-5-mini",)
    missing = of(check(config, settings=(*CPU, *llm)), "language model")
    assert missing.status == "fail" and "OPENAI_API_KEY" in missing.advice
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-one")
    found = of(check(config, settings=(*CPU, *llm)), "language model")
    assert found.status == "ok" and "sk-not" not in found.line
    unknown = of(check(config, settings=(*CPU, "llm.model=nobody-knows")), "language model")
    assert unknown.status == "fail" and "PROVIDER/NAME" in unknown.advice


def test_the_language_models_of_presets_are_looked_at_each_once(config, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-one")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with config.open("a") as file:
        file.write(
            '\n[presets.one.llm]\nmodel = "anthropic/claude-sonnet-4-5"\n'
            "[presets.two]\nfont_size = 5\n"
            '[presets.two.llm]\nmodel = "anthropic/claude-sonnet-4-5"\n'
            '[presets.same.llm]\ntimeout_seconds = 9\n[presets.private.llm]\nmodel = ""\n'
            '[presets.odd.llm]\nmodel = "nobody-knows"\n'
        )
    settings = (*CPU, "llm.model=openai/gpt-5-mini", "llm.required=true")
    found = [f for f in check(config, settings=settings) if f.name == "language model"]
    assert [f.status for f in found] == ["ok", "fail", "fail"]
    own, one, odd = found
    assert own.text.startswith("openai/gpt-5-mini at")
    assert one.text == "preset one, two: anthropic/claude-sonnet-4-5 has no key"
    assert "ANTHROPIC_API_KEY" in one.advice
    assert odd.text.startswith("preset odd: litellm knows no provider")


def test_a_model_that_is_required_and_not_there_is_a_warning(config):
    found = of(check(config, settings=(*CPU, "llm.required=true")), "language model")
    assert found.status == "warn" and found.text.startswith("llm.required = true")
    with config.open("a") as file:
        file.write("\n[presets.one.llm]\nrequired = true\n")
    found = of(check(config, settings=CPU), "language model")
    assert found.status == "warn" and found.text.startswith("preset one: llm.required = true")
