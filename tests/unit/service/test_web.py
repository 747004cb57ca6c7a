"""The page as it is asked over HTTP: who is let in, and what for."""

import json
import os
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from karaokify_daemon.adapters import web_token
from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.config import Config, Folders
from karaokify_daemon.config.schema import Web as Settings
from karaokify_daemon.errors import ConfigError
from karaokify_daemon.service.web.address import WebError, address
from karaokify_daemon.service.web.server import Web
from tests.support.web import Client, bundle, free_port


def config(tmp_path, port):
    folders = Folders().under(tmp_path)
    for _, path in folders:
        path.mkdir(exist_ok=True)
    return Config(folders=folders, web=Settings(port=port))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    web, made = Web(), config(folder, free_port())
    web.change(made)
    yield made
    web.close()


@pytest.fixture
def stranger(served):
    return Client(served.web.port)


@pytest.fixture
def client(served):
    return Client(served.web.port, web_token.read(served.folders.state))


PRIVATE = ["/api/status", "/api/bundles", "/api/bundles/talk", "/files/talk/talk.mp4", "/nothing"]


@pytest.mark.parametrize("path", PRIVATE)
def test_who_has_no_token_sees_nothing_that_is_private(stranger, path):
    answer = stranger.get(path)
    assert answer.status == 401 and "karaokify-daemon web" in answer.json["error"]


@pytest.mark.parametrize("given", ["", "x", "é", "\xff" * 9])
def test_a_wrong_token_is_refused(served, given):
    client = Client(served.web.port)
    for headers in (
        {"Cookie": f"karaokify-{served.web.port}={given}"},
        {"Authorization": f"Bearer {given}"},
    ):
        assert client.get("/api/status", **headers).status == 401
    assert client.post("/api/session", {"token": given}).status == 401
    assert client.post("/api/retry", {"name": "x"}).status == 401


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"token": 5}', b'{"token": null}', b"[" * 9999]
)
def test_what_is_no_token_at_all_is_refused_too(stranger, body):
    assert stranger.ask("POST", "/api/session", body, **{"X-Karaokify": "1"}).status in (400, 401)


def test_a_token_is_traded_for_a_cookie_that_no_script_reads_and_no_other_site_sends(
    served, stranger, client
):
    answer = stranger.post("/api/session", {"token": client.token})
    cookie = answer.headers["set-cookie"]
    assert answer.status == 200 and "HttpOnly" in cookie and "SameSite=strict" in cookie
    sent = cookie.partition(";")[0]
    assert sent.startswith(f"karaokify-{served.web.port}=")
    assert stranger.get("/api/status", Cookie=sent).status == 200


def test_programs_may_show_the_token_itself(stranger, client):
    assert stranger.get("/api/status", Authorization=f"Bearer {client.token}").status == 200


def test_the_page_itself_is_for_everybody_and_lets_nothing_else_run_in_it(stranger):
    for path, kind in (
        ("/", "text/html"),
        ("/app.js", "text/javascript"),
        ("/base.css", "text/css"),
        ("/icon.svg", "image/svg+xml"),
        ("/fonts/OpenSans-Bold.ttf", "font/"),
    ):
        answer = stranger.get(path)
        assert answer.status == 200 and kind in answer.headers["content-type"], path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in answer.headers


def test_the_page_fetches_nothing_from_elsewhere(stranger):
    for path in shipped("web").iterdir():
        text = stranger.get(f"/{path.name}").body.replace(b"http://www.w3.org/2000/svg", b"")
        assert b"://" not in text, path.name


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "karaoke.local:80", ""])
def test_another_name_that_leads_here_is_refused(client, host):
    assert client.get("/api/status", Host=host).status == 400
    assert client.get("/", Host=host).status == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9999"])
def test_it_may_be_reached_through_a_tunnel_from_another_port(client, host):
    assert client.get("/api/status", Host=host).status == 200


def test_only_the_page_itself_may_ask_for_changes(client):
    here = f"http://127.0.0.1:{client.port}"
    assert client.post("/api/retry", {"name": "x"}, Origin=here).status == 409
    for refused in (
        {"X-Karaokify": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{client.port + 1}"},
    ):
        assert client.post("/api/retry", {"name": "x"}, **refused).status == 403, refused


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_else_can_be_asked_for(client, method):
    assert client.ask(method, "/api/retry").status == 403
    assert client.ask(method, "/api/retry", **{"X-Karaokify": "1"}).status == 405


def test_what_is_asked_must_be_short(client):
    assert client.ask("POST", "/api/retry", b"x" * 20_000, **{"X-Karaokify": "1"}).status == 413


def test_the_status_is_told_and_never_kept(served, client):
    answer = client.get("/api/status")
    told = answer.json
    assert told["live"]["state"] == "never" and told["problem"] == "the service does not run"
    assert told["inbox"] == str(served.folders.inbox) and told["now"] > 1e9
    assert answer.headers["cache-control"] == "no-store"


def test_a_state_folder_that_cannot_be_read_is_told(web, tmp_path):
    made = config(tmp_path, free_port())
    web.change(made)
    client = Client(made.web.port, web_token.read(made.folders.state))
    (made.folders.state / "status.json").mkdir()
    answer = client.get("/api/status")
    assert answer.status == 503 and "cannot be read" in answer.json["error"]


def test_bundles_are_listed_and_their_names_may_be_anything(served, client):
    odd = "<img src=x onerror=alert(1)> ' \" % ?#\u202e"
    bundle(served.folders.outbox, odd, words=[("a", 0.0, 1.0)], title="\ud800 half")
    told = client.get("/api/bundles?q=IMG%20src").json
    [one] = told["bundles"]
    assert told["total"] == 1 and one["name"] == odd and one["title"] == "? half"
    path = quote(odd, safe="")
    assert client.get(f"/api/bundles/{path}").json["videos"][0]["file"] == f"{odd}.mp4"
    assert client.get(f"/files/{path}/{path}.mp4").status == 200


@pytest.mark.parametrize(
    "query", ["offset=-1&limit=x", "limit=99999999999", "offset=\uff11", "limit="]
)
def test_odd_pages_are_no_trouble(client, query):
    assert client.get("/api/bundles?" + quote(query, safe="=&")).status == 200


@pytest.fixture
def talk(served):
    folder = served.folders.outbox / "talk"
    return folder if folder.exists() else bundle(served.folders.outbox, "talk", files=["talk.srt"])


def test_a_part_of_a_video_may_be_fetched(client, talk):
    answer = client.get("/files/talk/talk.mp4", Range="bytes=10-19")
    assert answer.status == 206 and answer.body == bytes(range(10, 20))
    assert answer.headers["content-range"] == "bytes 10-19/1024"
    assert answer.headers["content-type"] == "video/mp4"
    assert client.get("/files/talk/talk.mp4", Range="bytes=-4").body == bytes(range(252, 256))
    assert client.get("/files/talk/talk.mp4", Range="bytes=2000-").status == 416
    whole = client.get("/files/talk/talk.mp4")
    assert whole.status == 200 and len(whole.body) == 1024
    assert client.ask("HEAD", "/files/talk/talk.mp4").headers["content-length"] == "1024"


def test_what_the_browser_has_already_is_not_sent_again(client, talk):
    tag = client.get("/files/talk/poster.jpg").headers["etag"]
    again = client.get("/files/talk/poster.jpg", **{"If-None-Match": tag})
    assert again.status == 304 and again.body == b""
    assert "private" in again.headers["cache-control"]


def test_a_file_is_saved_by_its_name_where_that_is_asked_for(client, talk):
    shown = client.get("/files/talk/talk.srt")
    assert "content-disposition" not in shown.headers
    assert shown.headers["content-type"] == "text/plain; charset=utf-8"
    saved = client.get("/files/talk/talk.srt?download")
    assert saved.headers["content-disposition"] == 'attachment; filename="talk.srt"'


@pytest.mark.parametrize(
    "path",
    [
        "/files/talk/..%2f..%2fstate%2fweb.token",
        "/files/..%2fstate/web.token",
        "/files/../state/web.token",
        "/files/talk/../../state/web.token",
        "/files/%2e%2e/status.json",
        "/files/talk/%2e%2e/manifest.json",
        "/files/link/status.json",
        "/files/talk/link.json",
        "/files/talk/pipe.json",
        "/files/talk/page.html",
        "/files/talk/.hidden.json",
        "/files/.building-1/x.json",
        "/files/talk/nul%00.json",
        "/files/talk/caf%e9.json",
        "/files/no/manifest.json",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/fonts/..%2f..%2fpyproject.toml",
        "/%2e%2e/pyproject.toml",
        "/files//etc/hosts.json",
    ],
)
def test_nothing_but_the_files_of_bundles_can_be_fetched(served, client, talk, path):
    for name, target in (("link", served.folders.state), ("talk/link.json", "/etc/hostname")):
        if not os.path.lexists(served.folders.outbox / name):
            (served.folders.outbox / name).symlink_to(target)
    if not (talk / "pipe.json").exists():
        os.mkfifo(talk / "pipe.json")
    for name in ("page.html", ".hidden.json"):
        (talk / name).write_text("secret")
    assert client.get(path).status == 404


def test_no_file_stays_open(client, talk):
    for path in ("talk.mp4", "no.mp4", "manifest.json"):
        client.get(f"/files/talk/{path}")
    tag = client.get("/files/talk/poster.jpg").headers["etag"]
    client.get("/files/talk/poster.jpg", **{"If-None-Match": tag})
    links = []
    for path in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            links.append(path.readlink())
    assert not [target for target in links if talk in target.parents]


def test_a_failed_recording_is_moved_back(served, client):
    name = "caf\udce9 <b>.mp3"  # a name that is not UTF-8, and is told with U+FFFD
    (served.folders.failed / name).write_bytes(b"x")
    reason = {"code": "media", "problem": "has no sound", "advice": "Try another."}
    (served.folders.failed / f"{name}.error.json").write_text(json.dumps(reason))
    [failure] = [f for f in _status(client)["failures"] if "caf" in f["name"]]
    assert failure["name"] == "caf\ufffd <b>.mp3" and failure["problem"] == "has no sound"
    answer = client.post("/api/retry", {"name": failure["name"]})
    assert answer.status == 200 and "is back in" in answer.json["done"]
    assert (served.folders.inbox / name).exists()
    assert not (served.folders.failed / name).exists()


@pytest.mark.parametrize("name", ["gone.mp3", "../state/web.token", "", None, 7, ["a"]])
def test_nothing_but_what_failed_is_moved(served, client, name):
    answer = client.post("/api/retry", {"name": name})
    assert answer.status == 409 and "not there any more" in answer.json["error"]
    assert (served.folders.state / "web.token").exists()


def test_what_stands_in_the_way_is_told_as_the_command_line_tells_it(served, client):
    for folder in (served.folders.failed, served.folders.inbox):
        (folder / "twice.mp3").write_bytes(b"x")
    answer = client.post("/api/retry", {"name": "twice.mp3"})
    assert answer.status == 409 and "the inbox has a file of that name" in answer.json["error"]


def _status(client):
    """Return how it is, also where that was told a moment ago."""
    client.post("/api/retry", {"name": None})
    answer = client.get("/api/status")
    assert answer.status == 200
    return answer.json


@pytest.fixture
def web():
    made = Web()
    yield made
    made.close()


def test_a_changed_configuration_is_served_elsewhere_or_nowhere(web, tmp_path):
    first, second = free_port(), free_port()
    web.change(config(tmp_path, first))
    token = web_token.read(tmp_path / "state")
    web.change(config(tmp_path, second))
    assert Client(second, token).get("/api/status").status == 200
    web.change(config(tmp_path, 0))
    for port in (first, second):
        with pytest.raises(OSError, match="refused"):
            Client(port).get("/")


def test_a_changed_configuration_at_the_same_port_is_taken_up(web, tmp_path):
    port = free_port()
    web.change(config(tmp_path, port))
    client = Client(port, web_token.read(tmp_path / "state"))
    changed = config(tmp_path, port)
    moved = changed.folders.model_copy(update={"inbox": tmp_path / "other"})
    web.change(changed.model_copy(update={"folders": moved}))
    assert client.get("/api/status").json["inbox"] == str(tmp_path / "other")


def test_a_port_that_is_taken_ends_nothing_and_is_told(web, tmp_path):
    with socket.socket() as other, capture_logs() as logs:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        web.change(config(tmp_path, port))
    assert [one["event"] for one in logs] == ["web.unusable"] and "in use" in logs[0]["reason"]
    web.change(config(tmp_path, port))  # it is free now
    assert Client(port).get("/").status == 200


def test_without_a_state_folder_there_is_no_page_and_the_service_goes_on(web, tmp_path):
    made = config(tmp_path, free_port())
    made.folders.state.rmdir()
    with capture_logs() as logs:
        web.change(made)
    assert [one["event"] for one in logs] == ["web.unusable"]
    assert not made.folders.state.exists()


def test_it_ends_soon_while_somebody_watches_a_video(web, tmp_path):
    made = config(tmp_path, free_port())
    web.change(made)
    folder = bundle(made.folders.outbox, "talk")
    with (folder / "talk.mp4").open("wb") as file:
        file.truncate(1_000_000_000)
    cookie = f"karaokify-{made.web.port}={web_token.read(made.folders.state)}"
    with socket.create_connection(("127.0.0.1", made.web.port)) as watching, capture_logs() as logs:
        asked = f"GET /files/talk/talk.mp4 HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
        watching.sendall(asked.encode())
        assert watching.recv(12) == b"HTTP/1.1 200"
        thread = web._thread
        web.close()
        assert not thread.is_alive()
    assert logs == []


def test_nonsense_is_no_news(web, tmp_path):
    made = config(tmp_path, free_port())
    web.change(made)
    with capture_logs() as logs:
        for text in (b"\0" * 99, b"GET / HTTP/9\r\n\r\n", b"GET http://[ HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", made.web.port), 10) as one:
                one.sendall(text)
                one.shutdown(socket.SHUT_WR)
                while one.recv(999):
                    pass
    assert logs == [] and Client(made.web.port).get("/").status == 200


def test_a_fault_of_ours_is_logged_and_ends_nothing(web, tmp_path, monkeypatch):
    made = config(tmp_path, free_port())
    web.change(made)
    client = Client(made.web.port, web_token.read(made.folders.state))
    monkeypatch.setattr("karaokify_daemon.service.web.site.status", lambda _: 1 / 0)
    with capture_logs() as logs:
        assert client.get("/api/status").status == 500
    assert [one["event"] for one in logs] == ["web.crashed"]
    assert client.get("/api/bundles").status == 200


def test_the_address_is_told_where_the_service_answers(web, tmp_path):
    made = config(tmp_path, free_port())
    with pytest.raises(WebError, match="no token yet"):
        address(made)
    web.change(made)
    token = web_token.read(made.folders.state)
    assert address(made) == f"http://127.0.0.1:{made.web.port}/#token={token}"
    with pytest.raises(ConfigError, match=r"web\.port is 0"):
        address(config(tmp_path, 0))


def test_the_address_is_not_told_of_a_port_that_somebody_else_has(web, tmp_path):
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    other.mkdir()
    port = free_port()
    web.change(config(other, port))
    web_token.made(config(mine, port).folders.state)
    with pytest.raises(WebError, match="does not answer"):
        address(config(mine, port))
