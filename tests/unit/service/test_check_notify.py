import pytest

from karaokify_daemon.config import from_dict
from karaokify_daemon.service import check_notify
from karaokify_daemon.service.check_notify import notifications


def found(*urls):
    return list(notifications(from_dict({"notify": {"urls": list(urls)}})))


def test_without_urls_nothing_is_said():
    assert found() == []


def test_of_each_url_it_is_told_whether_it_is_understood():
    pytest.importorskip("apprise")
    first, second = found("json://user:secret@127.0.0.1:1/secret", "nothing://secret")
    assert (first.status, first.text) == ("ok", "the 1st url (json) is understood")
    assert second.status == "warn" and "no such service" in second.text
    assert "secret" not in first.line + second.line


def test_without_apprise_it_says_what_to_do_and_that_is_no_failure(monkeypatch):
    monkeypatch.setattr(check_notify, "is_installed", lambda: False)
    (finding,) = found("ntfy://secret", "ntfy://other")
    assert (
        finding.status == "warn" and "pip install -c constraints.txt -e '.[notify]'" in finding.line
    )
    assert "2 url(s)" in finding.text and "secret" not in finding.line


def test_a_credential_that_cannot_be_read_is_no_failure(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "notify-urls").mkdir()
    (finding,) = found()
    assert finding.status == "warn" and "IsADirectoryError" in finding.text
