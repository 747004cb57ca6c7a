import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.torch


def pair(name, languages):
    tokenizer = pytest.importorskip("whisper.tokenizer")
    from karaokify_daemon.adapters.whisper.faster.tokens import build  # noqa: PLC0415

    encoding = tokenizer.get_encoding(name, num_languages=languages)
    return encoding, build(encoding)


@pytest.fixture(scope="module", params=[("gpt2", 99), ("multilingual", 99), ("multilingual", 100)])
def both(request):
    return pair(*request.param)


def test_every_token_has_its_id(both):
    encoding, built = both
    assert built.get_vocab_size() == encoding.n_vocab
    for token in encoding.special_tokens_set:
        assert built.token_to_id(token) == encoding.encode_single_token(token)
    for number in range(0, encoding.n_vocab - len(encoding.special_tokens_set), 7):
        text = encoding.decode([number])
        assert built.decode([number]) == text


@settings(max_examples=300)
@given(text=st.text(max_size=60))
def test_any_text_becomes_the_same_tokens_and_text_again(both, text):
    encoding, built = both
    ids = encoding.encode(text, disallowed_special=())
    assert built.encode(text, add_special_tokens=False).ids == ids or "<|" in text
    assert built.decode(ids) == text


@pytest.mark.parametrize(
    "text",
    [
        "The quick brown fox, don't jump  over 1234 rivers!",
        " naïve café — déjà vu",
        "日本語のテキスト、ひらがな",
        "Привет, как дела? 👋🏽",
        "\n\n  spaces\tand\n lines ",
    ],
)
def test_texts_of_many_scripts_become_the_same_tokens(both, text):
    encoding, built = both
    assert built.encode(text, add_special_tokens=False).ids == encoding.encode(text)
