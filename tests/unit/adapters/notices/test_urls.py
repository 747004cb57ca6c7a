import pytest

from karaokify_daemon.adapters.notices import credential, is_installed, named


def test_of_a_url_its_number_and_scheme_are_told_and_nothing_else():
    urls = ["ntfys://secret", "mailto://secret:secret@a", "secret", "se cret://x", "a" * 40 + "://"]
    told = [named(urls, url) for url in urls]
    assert told[:3] == ["the 1st url (ntfys)", "the 2nd url (mailto)", "the 3rd url"]
    assert told[3:] == ["the 4th url", "the 5th url"]


@pytest.mark.parametrize(("n", "ending"), [(11, "11th"), (12, "12th"), (21, "21st")])
def test_numbers_are_those_of_english(n, ending):
    urls = [f"a://{i}" for i in range(n)]
    assert named(urls, urls[-1]) == f"the {ending} url (a)"


def test_systemd_may_hand_urls_over(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert credential() == ()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert credential() == ()
    (tmp_path / "notify-urls").write_text("# ours\nntfy://a\n\nntfy://b\n")
    assert credential() == ("ntfy://a", "ntfy://b")


def test_apprise_is_installed_for_tests_and_is_not_imported_to_tell():
    assert is_installed()
