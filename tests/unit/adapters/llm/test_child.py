import json

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


def redacted(data, api_base=None):
    return child._redacted(data, child._secrets(api_base))


KEYS = [
    *("OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "hf_token", "WATSONX_APIKEY", "PGPASSWORD"),
    *("GOOGLE_APPLICATION_CREDENTIALS", "AWS_ACCESS_KEY_ID", "MYSQL_PWD", "BASIC_AUTH"),
]


@pytest.mark.parametrize("name", KEYS)
def test_keys_of_the_environment_are_in_no_reply(monkeypatch, name):
    monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv(f"{name}_2", SECRET[:12])
    reply = {"text": f"is {SECRET}!", "failure": {"said": f"{SECRET} {SECRET[:12]}"}, "n": 1}
    assert redacted(reply) == {"text": "is ***!", "failure": {"said": "*** ***"}, "n": 1}


@pytest.mark.parametrize("name", ["GIT_AUTHOR_NAME", "TOKENIZERS_DIR", "KEYBOARD", "PWD"])
def test_what_only_looks_like_the_name_of_a_key_is_none(monkeypatch, name):
    monkeypatch.setenv(name, "Ada Lovelace")
    assert redacted("By Ada Lovelace") == "By Ada Lovelace"


@pytest.mark.parametrize(
    "hidden",
    [
        SECRET.replace("-", r"\u002d"),
        "".join(f"\\u{ord(c):04X}" for c in SECRET),
        SECRET.replace("-", "\u200b-"),
        SECRET.replace("-", r"-\b"),
        SECRET.replace("-", r"\u0000-"),
    ],
)
def test_nor_is_a_key_whose_characters_are_escaped(monkeypatch, hidden):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    text = rf'{{"title": "K\u00e4se {hidden} \"{hidden}\"", "n": "\u002d"}}'
    assert redacted(text) == r'{"title": "K\u00e4se *** \"***\"", "n": "\u002d"}'


def test_a_key_with_characters_that_json_escapes_is_in_no_reply(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", key := 'pass/"wörd"\\5')
    for text in (key, json.dumps(key), json.dumps(key).replace("/", r"\/")):
        assert redacted(text).strip('"') == "***"


def test_a_key_in_the_path_of_an_address_is_in_no_reply_and_the_path_in_no_error(monkeypatch):
    base = "https://proxy.example/team-one/9f8e7d6c5b4a39281706/v1"
    text = "No team-one on /9f8e7d6c5b4a39281706/v1"
    assert redacted(text, base) == "No team-one on /***/v1"
    assert child._failure(ValueError(text), (), base)["said"] == "No *** on /***/v1"
    monkeypatch.setenv("OPENAI_API_BASE", base)
    assert redacted(text) == "No team-one on /***/v1"
    assert redacted("a", "http://[") == "a"


def test_a_key_at_the_end_of_what_is_cut_is_gone_before(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    for length in range(370, 401):
        said = child._failure(ValueError("x" * length + SECRET))["said"]
        assert "sk-" not in said and len(said) <= 400


def test_a_credential_that_cannot_be_read_is_no_obstacle_to_saying_so(credentials):
    (credentials / "llm-api-key").mkdir()
    assert child._failure(IsADirectoryError("no"))["kind"] == "IsADirectoryError"
    assert redacted("text") == "text"


def test_where_a_library_failed_is_not_told():
    error = ValueError("no content Traceback (most recent call last): File /home/x")
    assert child._failure(error)["said"] == "no content "


def test_what_is_hardly_a_secret_is_left_alone(monkeypatch):
    monkeypatch.setenv("USE_AUTH", "1")
    assert redacted("1 of 10") == "1 of 10"


class RateLimitError(Exception):
    status_code = 429


def test_a_failure_says_what_kind_it_is_and_when_to_come_back():
    error = RateLimitError("slow down")
    error.litellm_response_headers = {"retry-after": "7"}
    assert child._failure(error, [429]) == {
        "kind": "RateLimitError",
        "status": 429,
        "answered": True,
        "may_cost": False,
        "retry_after": "7",
        "said": "slow down",
    }
    assert child._failure(ValueError())["status"] is None


@pytest.mark.parametrize(
    ("milliseconds", "told"), [("1500", "1.500"), ("20.4", "0.020"), ("soon", "7"), ("", "7")]
)
def test_a_failure_may_say_so_in_milliseconds(milliseconds, told):
    error = RateLimitError()
    error.litellm_response_headers = {"retry-after": "7", "retry-after-ms": milliseconds}
    assert child._failure(error, [429])["retry_after"] == told


@pytest.mark.parametrize(
    ("line", "status", "answered", "may_cost"),
    [
        ([], 429, False, False),  # litellm has refused it
        ([None], 429, False, False),  # nobody was there
        ([0], 429, False, True),
        ([200], 429, False, True),
        ([400, 200], 429, False, True),
        ([400, 503], 503, True, False),
    ],
)
def test_what_was_not_refused_may_cost(line, status, answered, may_cost):
    failure = child._failure(RateLimitError(), line)
    assert (failure["status"], failure["answered"], failure["may_cost"]) == (
        status,
        answered,
        may_cost,
    )


def test_the_last_form_of_a_request_is_what_every_endpoint_takes():
    *_, last = child._forms({"type": "object"})
    assert last == {}
