"""The web page of a real service, in a real browser."""

import re
import signal

import pytest

from tests.support.media import speech, transcript
from tests.support.service import PATIENCE_S, events, run_cli
from tests.support.web import browser, bundle, free_port, until

EVIL = "<img src=x onerror=alert(1)>"
SENTENCE = "The quick brown fox jumps over the lazy dog."
PATIENCE_MS = 1000 * PATIENCE_S


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


class Visitor:
    """Somebody with a browser of his own; whatever it complains of fails the test."""

    def __init__(self, chromium):
        self.context = chromium.new_context(viewport={"width": 1280, "height": 900})
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.trouble, self.asked = [], set()
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("dialog", lambda dialog: self.trouble.append(dialog.message))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self.asked.add(request.url.split("/")[2]))

    def _heard(self, message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.trouble.append(message.text)

    def texts(self, selector):
        return self.page.locator(selector).all_text_contents()

    def see(self, selector, text=None):
        found = self.page.locator(selector)
        (found if text is None else found.filter(has_text=text)).first.wait_for()

    def until(self, script, argument=None):
        until(self.page, script, argument)


@pytest.fixture
def visitor(chromium):
    made = Visitor(chromium)
    yield made
    made.context.close()
    assert made.trouble == []
    assert all(host.startswith("127.0.0.1:") for host in made.asked)


@pytest.fixture
def port(tree):
    tree.settings["web.port"] = str(free_port())
    return tree.settings["web.port"]


def address(tree):
    done = run_cli("web", "--config", tree.config, "--set", f"web.port={tree.settings['web.port']}")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def drop(tree, name):
    words = speech(tree.folder / "talk.wav", SENTENCE)
    transcript(tree.inbox / f"{name}.json", words)
    (tree.folder / "talk.wav").replace(tree.inbox / f"{name}.wav")
    return words


def failures(service, name):
    return [one for one in events(service.log, "job.failed") if one["file"] == name]


def test_what_is_finished_is_played_and_sung_along(tree, port, visitor):
    with tree.start() as service:
        service.wait_for("web.ready", where=f"127.0.0.1:{port}")
        visitor.page.goto(address(tree))
        visitor.see("#running .empty", str(tree.inbox))
        visitor.see("#bundles-none", "Nothing is finished yet")
        assert "token" not in visitor.page.url
        words = drop(tree, "talk")
        service.wait_for("job.done")
        visitor.see(".card h3", "talk")
        visitor.until("document.querySelector('.card img').naturalWidth > 0")
        visitor.page.get_by_role("link", name="talk").click()
        visitor.see(".lines .row", SENTENCE)
        assert visitor.texts("#bundle h1") == ["talk"] and visitor.texts(".lines p") == [SENTENCE]
        visitor.page.evaluate("document.querySelector('video').play()")
        visitor.until("document.querySelector('video').currentTime > 0.3")
        visitor.page.evaluate("document.querySelector('video').pause()")
        for word in (words[4], words[0], words[-1], words[2]):
            visitor.page.evaluate(
                "t => { document.querySelector('video').currentTime = t }",
                (word.start + word.end) / 2,
            )
            visitor.until("document.querySelector('.word.current')?.innerText === given", word.text)
            sung = [one.text for one in words if one.start < word.start]
            assert visitor.texts(".word.sung") == sung
        visitor.page.get_by_text(words[5].text, exact=True).click()
        visitor.until(
            "Math.abs(document.querySelector('video').currentTime - given) < 0.05", words[5].start
        )
        visitor.until("document.querySelector('.word.current').innerText === given", words[5].text)
        with visitor.page.expect_download() as saved:
            visitor.page.get_by_role("link", name="talk.srt").click()
        assert saved.value.suggested_filename == "talk.srt"
        assert "fox" in saved.value.path().read_text()
        service.stop()
        visitor.page.get_by_role("link", name="All recordings").click()
        visitor.see("#notice", "does not answer")


def test_what_failed_is_shown_with_its_reason_and_tried_again(tree, port, visitor):
    name = f"{EVIL}.mp3"
    (tree.inbox / name).write_text("no recording")
    with tree.start() as service:
        service.wait_for("job.failed", file=name)
        visitor.page.goto(address(tree))
        visitor.see(".failure strong", name)
        [problem] = visitor.texts(".failure .why")
        reason = service.wait_for("job.failed", file=name)["reason"]
        assert problem.rstrip(".").lower() == reason.rstrip(".").lower()
        visitor.page.get_by_role("button", name=f"Try {name} again").click()
        visitor.see("#toast", "is back in")
        while len(failures(service, name)) < 2:
            assert service.read_line(PATIENCE_S) is not None
        visitor.see(".failure strong", name)


def test_names_and_words_of_strangers_are_text(tree, port, visitor):
    evil = f"{EVIL}</script>".replace("/", "")
    facts = {"title": EVIL, "warnings": [EVIL], "source": {"name": EVIL}}
    facts["chapters"] = [{"start": 0, "title": EVIL}] * 2
    words = [(EVIL, 0.0, 1.0), ("مرحبا", 1.0, 2.0), ("\u202eevil", 2.0, 3.0)]
    bundle(tree.outbox, evil, words=words, **facts)
    (tree.inbox / f"{EVIL}.exe").write_text("")
    with tree.start() as service:
        service.wait_for("inbox.refused")
        visitor.page.goto(address(tree))
        visitor.see("#queue strong", f"{EVIL}.exe")
        visitor.see(".card h3", EVIL)
        visitor.page.locator(".card").click()
        visitor.see("#bundle h1", EVIL)
        visitor.see(".word", EVIL)
        visitor.see("#warnings li", EVIL)
        visitor.see(".chapter", EVIL)
        assert visitor.page.locator("img[onerror]").count() == 0
        assert visitor.page.locator("main script").count() == 0


def test_who_has_no_token_is_asked_for_it(tree, port, visitor):
    bundle(tree.outbox, "talk", words=[("secret", 0.0, 1.0)])
    with tree.start() as service:
        service.wait_for("web.ready")
        here, _, token = address(tree).partition("#token=")
        visitor.page.goto(here)
        visitor.see("#gate", "karaokify-daemon web")
        visitor.page.goto(f"{here}#token=wrong")
        visitor.see("#gate-problem", "This is not the token")
        assert not visitor.page.locator(".card").count()
        visitor.page.get_by_label("Token").fill(token)
        visitor.page.get_by_role("button", name="Open").click()
        visitor.see(".card h3", "talk")
        visitor.page.reload()
        visitor.see(".card h3", "talk")
        assert visitor.page.evaluate("document.cookie") == ""


def test_a_reload_of_the_configuration_moves_the_page_or_takes_it_away(tree, visitor):
    ports = free_port(), free_port()
    before, section, after = tree.config.read_text().partition("\n[web]\n")
    changed = after.replace("port = 0\n", f"port = {ports[0]}\n", 1)
    tree.config.write_text(before + section + changed)
    with tree.start() as service:
        service.wait_for("web.ready", where=f"127.0.0.1:{ports[0]}")
        tree.config.write_text(tree.config.read_text().replace(str(ports[0]), str(ports[1])))
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("web.ready", where=f"127.0.0.1:{ports[1]}")
        done = tree.cli("web")
        visitor.page.goto(done.stdout.strip())
        visitor.see("#running .empty")
        tree.config.write_text(re.sub(f"port = {ports[1]}", "port = 0", tree.config.read_text()))
        service.process.send_signal(signal.SIGHUP)
        visitor.see("#notice", "does not answer")
    assert "web.port is 0" in tree.cli("web").stderr


LINES = """async ([told, clips]) => {
  const { Transcript } = await import("./transcript.js");
  const made = new Transcript(told, clips);
  return { words: made.words, lines: made.lines.length,
           at: [-1, 0, 0.5, 1, 1.5, 2.25, 99].map((t) => made.at(t)) };
}"""


def told(*segments):
    keys = ("text", "start", "end")
    return {
        "language": "en",
        "segments": [{"words": [dict(zip(keys, w, strict=True)) for w in s]} for s in segments],
    }


def test_which_word_is_heard_when(tree, port, visitor):
    with tree.start() as service:
        service.wait_for("web.ready")
        visitor.page.goto(address(tree))
        heard = told([("a", 0.5, 1.0), ("b", 1.0, 1.2)], [("c", 2.0, 2.5)])
        found = visitor.page.evaluate(LINES, [heard, None])
        assert found["at"] == [-1, -1, 0, 1, 1, 2, 2] and found["lines"] == 2
        # In a reel: c first, then a, from which a part is cut.
        clips = [
            {"output_start": 0.0, "output_end": 0.5, "cuts": [[2.0, 2.5]]},
            {"output_start": 0.4, "output_end": 1.0, "cuts": [[0.4, 0.9], [1.0, 1.2]]},
        ]
        words = visitor.page.evaluate(LINES, [heard, clips])["words"]
        assert [(w["text"], round(w["start"], 3), round(w["end"], 3)) for w in words] == [
            ("c", 0.0, 0.5), ("a", 0.5, 0.9), ("b", 0.8, 1.0),
        ]  # fmt: skip
        for odd in (None, [], {"segments": 5}, {"segments": [None, {"words": [{"text": 1}]}]}):
            assert visitor.page.evaluate(LINES, [odd, None])["words"] == []


def test_a_transcript_of_three_hours_is_followed_quickly(tree, port, visitor):
    count = 25_000
    words = [(f"word{i}", i * 0.43, i * 0.43 + 0.3) for i in range(count)]
    bundle(tree.outbox, "long", words=words)
    with tree.start() as service:
        service.wait_for("web.ready")
        visitor.page.goto(f"{address(tree)}")
        visitor.page.locator(".card").click()
        visitor.see(".word", f"word{count - 1}")
        spent = visitor.page.evaluate(
            """async (count) => {
              const { Singing } = await import("./singing.js");
              const { Transcript } = await import("./transcript.js");
              const { content } = await import("./api.js");
              const video = new EventTarget();
              Object.assign(video, { currentTime: 0, paused: true });
              const singing = new Singing(video);
              singing.show(new Transcript(await content("long", "long.json")));
              const begin = performance.now();
              for (let frame = 0; frame < 2000; frame += 1) {
                video.currentTime = 0.43 * count * ((frame * 7919) % 2000) / 2000;
                video.dispatchEvent(new Event("timeupdate"));
              }
              video.currentTime = 0.43 * (count - 1) + 0.1;
              video.dispatchEvent(new Event("timeupdate"));
              return (performance.now() - begin) / 2000;
            }""",
            count,
        )
        assert visitor.texts(".word.current") == [f"word{count - 1}"]
        visitor.until("""(() => {
              const box = document.querySelector(".lines").getBoundingClientRect();
              const row = document.querySelector(".row.now").getBoundingClientRect();
              return row.top >= box.top && row.top < box.bottom;
            })()""")
        assert spent < 8, "milliseconds a frame, each with a jump; a frame lasts 16"
