import pytest

from karaokify_daemon.adapters.llm import child

SECRET = "sk-0123456789-do-not-tell"


@pytest.fixture(autouse=True)
def credentials(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    return tmp_path


def test_a_key_is_read_from_the_credentials_of_systemd(credentials, monkeypatch):
    assert child.credential() is None
    (credentials / "llm-api-key").write_text("a-key\n")
    assert child.credential() == "a-key"
    (credentials / "llm-api-key").write_text("\n")
    assert child.credential() is None
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert child.credential() is None


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "hf_token"])
def test_keys_of_the_environment_are_in_no_reply(monkeypatch, name):
    monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv(f"{name}_2", SECRET[:12])
    reply = {"text": f"is {SECRET}!", "failure": {"said": f"{SECRET} {SECRET[:12]}"}, "n": 1}
    assert child._redacted(reply) == {"text": "is ***!", "failure": {"said": "*** ***"}, "n": 1}


def test_a_key_at_the_end_of_what_is_cut_is_gone_before(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    for length in range(370, 401):
        said = child._failure(ValueError("x" * length + SECRET))["said"]
        assert "sk-" not in said and len(said) <= 400


def test_a_credential_that_cannot_be_read_is_no_obstacle_to_saying_so(credentials):
    (credentials / "llm-api-key").mkdir()
    assert child._failure(IsADirectoryError("no"))["kind"] == "IsADirectoryError"
    assert child._redacted("text") == "text"


def test_where_a_library_failed_is_not_told():
    error = ValueError("no content Traceback (most recent call last): File /home/x")
    assert child._failure(error)["said"] == "no content "


def test_what_is_hardly_a_secret_is_left_alone(monkeypatch):
    monkeypatch.setenv("USE_AUTH", "1")
    assert child._redacted("1 of 10") == "1 of 10"


def test_a_failure_says_what_kind_it_is_and_when_to_come_back():
    class RateLimitError(Exception):
        status_code = 429

    error = RateLimitError("slow down")
    error.litellm_response_headers = {"retry-after": "7"}
    assert child._failure(error) == {
        "kind": "RateLimitError",
        "status": 429,
        "retry_after": "7",
        "said": "slow down",
    }
    assert child._failure(ValueError())["status"] is None


def test_the_last_form_of_a_request_is_what_every_endpoint_takes():
    *_, last = child._forms({"type": "object"})
    assert last == {}
