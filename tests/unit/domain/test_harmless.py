import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.harmless import LONGEST_NAME, cut, harmless, slug


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[click](http://evil.example) now", "click now"),
        ("![a picture](x.png)", "a picture"),
        ('[click](http://evil.example "A title"), or [there](<http://b c>)', "click, or there"),
        ("[![alt](a.png)](https://a.example)", "alt"),
        ("[click](javascript:alert(1))", "click"),
        ("[](http://evil.example) here", "here"),
        ("See https://a.example/b?c=1, and go.", "See, and go."),
        ("See https://a.example. Then go.", "See. Then go."),
        ("It is there (see http://a.example/x_(y)/z).", "It is there (see)."),
        ("It is there (http://a.example).", "It is there."),
        ("<https://a.example> is there", "is there"),
        ("https://a.example: is there", "is there"),
        ("\u898b\u3066https://a.example", "\u898b\u3066"),
        ("[click](http://evil.example", "(click)"),
        ("ht(http://x)tp://evil.example", "ht"),
        ("See http:\\\\evil.example now", "See now"),
        ("www.evil.example", ""),
        (
            "Plain [1] (see) f(x): 50 %, 3:4 // awww...",
            "Plain (1) (see) f(x): 50 %, 3:4 // awww...",
        ),
    ],
)
def test_of_a_link_there_is_what_it_is_called_and_of_an_address_nothing(text, left):
    assert harmless(text) == left


@given(
    st.lists(st.sampled_from(["http", "://", "www.", "a", "x.y", *" .,()[]<>{}!`\\"])).map("".join)
)
def test_no_address_is_left_nor_what_acts(text):
    line = harmless(text)
    assert not re.search(r"[a-z]://[^\s()\u2039\u203a]|www\.[^\s().,!\u2039\u203a]", line), line
    assert not set(line) & set("<>[]{}`\\") and line == " ".join(line.split())
    assert harmless(line) == line


def test_what_is_cut_ends_between_words_or_where_it_must():
    assert cut("word " * 40, 20) == "word word word word\u2026"
    assert len(cut("x" * 50, 20)) == 20 and cut("short", 20) == "short"


def test_slugs_keep_the_letters_of_all_scripts():
    assert slug("हिन्दी में बातचीत") == "हिन्दी-में-बातचीत"
    assert slug("日本語の話") == "日本語の話"


@given(st.text())
def test_a_slug_is_safe_in_any_folder(text):
    name = slug(text)
    assert len(name) <= LONGEST_NAME and len(name.encode()) <= 180
    assert not name.startswith("-") and not name.endswith("-")
    assert not any(c.isspace() or c in "/\\.:*?\"'<>|\0" for c in name)
