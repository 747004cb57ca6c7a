"""Pictures of the web page for the documentation: real bundles, and work that is made up.

    python -m tools.web_pictures docs/images [WORK]

What is in WORK already is used again.
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from karaokify_daemon.adapters import web_token
from karaokify_daemon.adapters.status_file import StatusFile, own_process
from karaokify_daemon.config import Config, load
from karaokify_daemon.domain.status import Live, Queued, Running, WorkerState, age_counts
from karaokify_daemon.service.web.server import Web
from tests.support.media import speech, transcript
from tests.support.service import run_cli
from tests.support.talks import BICYCLE, BREAD
from tests.support.web import browser, free_port, until
from tools.speech import SpokenWord

ROOT = Path(__file__).parents[1]
DESK, PHONE = (1280, 900), (390, 844)
QUALITY = 82
SETTLED = """[...document.images].every((one) => one.complete)
  && document.fonts.status === "loaded"
  && document.getAnimations().every((one) => one.playState !== "running"
                                             || one.effect.getTiming().iterations === Infinity)"""
# Name, language, what is said, and its options.
TALKS: list[tuple[str, str, list[str], dict[str, Any]]] = [
    (
        "sourdough-at-home", "en", list(BREAD[:22]),
        {"title": "Sourdough at home", "seconds": 20, "background_color": "#3B2A1A",
         "background_gradient": "#0F0C0A"},
    ),
    (
        "fahrrad-reparieren", "de", list(BICYCLE[:9]),
        {"title": "Fahrräder in der Küche reparieren", "style": "pill",
         "background_color": "#16324F", "background_gradient": "#0A0E16"},
    ),
    (
        "مرحبا", "ar", ["مرحبا بكم في برنامج كاريوكي الجديد.", "اليوم نتحدث عن الموسيقى."],
        {"title": "مرحبا بكم", "background_color": "#3A1F47", "background_gradient": "#0D0A12"},
    ),
    (
        "field-notes", "en", list(BREAD[12:18]),
        {"title": "Field notes, episode 12: what a wet dough taught me about patience, and why I "
                  "stopped weighing the salt", "style": "sweep", "size": "720x720",
         "background_color": "#17402F", "background_gradient": "#0A120E"},
    ),
]  # fmt: skip


def tree(folder: Path) -> Config:
    """Return the configuration of a tree with finished bundles and one failure."""
    path = folder / "config.toml"
    if not path.exists():
        assert run_cli("init", folder).returncode == 0
        for name, language, sentences, options in TALKS:
            words = said(folder / "talk.wav", " ".join(sentences))
            transcript(folder / f"inbox/{name}.json", words, language)
            lines = (f"{key} = {json.dumps(v, ensure_ascii=False)}\n" for key, v in options.items())
            (folder / f"inbox/{name}.toml").write_text("".join(lines), encoding="utf-8")
            (folder / "talk.wav").replace(folder / f"inbox/{name}.wav")
        for one in (ROOT / "demo").glob("welcome.*"):
            shutil.copy(one, folder / "inbox")
        (folder / "inbox/interview-draft.mp3").write_text("no recording")
        settings = ["transcribe.model=demo", "video.size=1280x720", "video.encoder_preset=veryfast"]
        run_cli("run", "--once", "--config", path, *(p for s in settings for p in ("--set", s)))
    config = load(path, env={}, settings=[f"web.port={free_port()}"])
    for bundle in config.folders.outbox.iterdir():
        assert (bundle / "manifest.json").exists() or bundle.name.startswith("."), bundle
    return config


def said(path: Path, text: str) -> list[SpokenWord]:
    """Say a text; what is not ASCII is sung on one syllable, which is all that we speak of it."""
    words = text.split()
    sung = " ".join(word if word.isascii() else "lalala" for word in words)
    heard = speech(path, sung)
    if sung == text:
        return list(whole(heard, words))
    start, each = heard[0].start, (heard[-1].end - heard[0].start) / len(words)
    return [
        SpokenWord(word, start + i * each, start + (i + 0.9) * each) for i, word in enumerate(words)
    ]


def whole(heard: list[SpokenWord], words: list[str]) -> Iterator[SpokenWord]:
    """Yield all words: one that is spoken together with the one before shares its time."""
    left = list(heard)
    while words:
        here = [words.pop(0)]
        one = left.pop(0)
        while words and (not left or words[0] != left[0].text):
            here.append(words.pop(0))
        each = (one.end - one.start) / len(here)
        for i, word in enumerate(here):
            yield SpokenWord(word, one.start + i * each, one.start + (i + 1) * each)


def at_work() -> Live:
    """Return what a busy service tells."""
    pid, host, began = own_process()
    now = time.time()
    common = {"in_job": 190.0, "lasts": 2700.0}
    running = (
        Running(id="1", name="lectures/Thermodynamics 07.mp4", stage="transcribe", fraction=0.62,
                in_stage=170.0, speed=9.8, eta=260.0, **common),
        Running(id="2", name="podcast-episode-118.flac", stage="render", fraction=0.35,
                in_stage=40.0, speed=21.4, eta=75.0, **common),
        Running(id="3", name="قصيدة.m4a", stage="decode", fraction=0.2, in_stage=3.0,
                waits_for="1200 MB of disk in cache, 640 MB are free", **common),
    )  # fmt: skip
    queue = (
        Queued(name="choir-rehearsal.wav", since=now - 95, reason="waits for its turn"),
        Queued(name="keynote.mov", since=now - 12, until=now + 3,
               reason="waits until it no longer changes"),
        Queued(name="shorts/teaser.mp4", since=now - 900, until=now + 140,
               reason="is tried again: the outbox is full"),
    )  # fmt: skip
    return Live(
        version="0.1.0", pid=pid, host=host, process_started=began, started=now - 7 * 86400,
        written=now, state="serving", done=41, failed=1, running=running, queued=3,
        ages=age_counts([12, 95, 900]), oldest=now - 900, queue=queue,
        workers=(WorkerState(pid=pid, model="small", device="cuda", restarts=0, memory=2 * 10**9),),
    )  # fmt: skip


@contextmanager
def served(config: Config) -> Iterator[str]:
    """Serve the page; yield its address with the token."""
    web = Web()
    web.change(config)
    try:
        token = web_token.read(config.folders.state)
        yield f"http://127.0.0.1:{config.web.port}/#token={token}"
    finally:
        web.close()


@contextmanager
def seen(chromium: Any, address: str, size: tuple[int, int], scheme: str) -> Iterator[Any]:
    """Open the page in a window of a size, dark or light."""
    width, height = size
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        device_scale_factor=1.5 if width < 500 else 1,
        has_touch=width < 500,
        is_mobile=width < 500,
        locale="en-GB",
    )
    page = context.new_page()
    page.goto(address)
    page.locator(".card img").first.wait_for()
    settled(page)
    yield page
    context.close()


def settled(page: Any) -> None:
    """Wait for pictures, fonts and transitions."""
    until(page, SETTLED)


def sing(page: Any, title: str, seconds: float) -> None:
    """Open a bundle, and go to a moment of it."""
    page.locator(".card", has_text=title).click()
    page.locator(".word").first.wait_for()
    until(page, "document.querySelector('video').readyState >= 2")
    page.evaluate("t => { document.querySelector('video').currentTime = t }", seconds)
    page.mouse.move(0, 0)
    page.evaluate("document.querySelector('video').play()")
    # The controls of the player go away after a while.
    until(page, "document.querySelector('video').currentTime > given + 4", seconds)
    settled(page)


def shoot(config: Config, out: Path) -> None:
    """Write the pictures of the documentation, and others to look at into the tree."""
    telling, extra = StatusFile(config.folders.state), config.folders.inbox.parent / "pictures"
    extra.mkdir(exist_ok=True)
    with served(config) as address, browser() as chromium:
        for scheme in ("dark", "light"):
            for name, size in (("desk", DESK), ("phone", PHONE)):
                telling.write(at_work())
                time.sleep(1.1)  # what was told a second ago is told again
                with seen(chromium, address, size, scheme) as page:
                    page.locator(".job").first.wait_for()
                    settled(page)
                    page.screenshot(path=extra / f"overview-{name}-{scheme}.png", full_page=True)
                    sing(page, "Sourdough at home", 27.4)
                    page.screenshot(path=extra / f"bundle-{name}-{scheme}.png")
                    page.screenshot(path=extra / f"whole-{name}-{scheme}.png", full_page=True)
        telling.write(replace(at_work(), running=(), queue=(), queued=0, oldest=None))
    saved(extra / "overview-desk-dark.png", out / "web-overview.jpg")
    saved(extra / "bundle-desk-light.png", out / "web-bundle.jpg")
    phones = [Image.open(extra / f"{kind}-phone-dark.png") for kind in ("overview", "bundle")]
    height = round(PHONE[1] * 1.5)
    sheet = Image.new("RGB", (2 * phones[0].width + 40, height), "#22282F")
    for i, phone in enumerate(phones):
        sheet.paste(phone.crop((0, 0, phone.width, height)), (i * (phone.width + 40), 0))
    sheet.resize((sheet.width * 2 // 3, sheet.height * 2 // 3)).save(
        out / "web-phone.jpg", quality=QUALITY
    )


def saved(source: Path, target: Path) -> None:
    """Write a picture as a JPEG."""
    Image.open(source).convert("RGB").save(target, quality=QUALITY)


if __name__ == "__main__":
    output = Path(sys.argv[1])
    shoot(tree(Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "build" / "web"), output)
