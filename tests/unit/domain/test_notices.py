import pytest

from karaokify_daemon.domain.notices import Done, Failed, inert, together


def done(name="talk.mp3", title="A talk"):
    return Done(name=name, title=title, lasts=750, took=62.4, bundle="/out/talk")


def failed(name="bad.mp3", problem="is no recording"):
    return Failed(name=name, problem=problem, advice="Export it.", moved_to="/failed/bad.mp3")


def test_one_that_is_done_says_all_of_it():
    notice = together([done()], done=1, failed=0)
    assert (notice.event, notice.title, notice.kind) == ("done", "Done: A talk", "success")
    assert notice.body == "talk.mp3, 12 min 30 s long, took 1 min 2 s.\n/out/talk"
    assert done(title="").notice().title == "Done: talk.mp3"


def test_one_that_failed_says_what_to_do():
    notice = together([failed()], done=0, failed=1)
    assert (notice.event, notice.title, notice.kind) == ("failed", "Failed: bad.mp3", "failure")
    assert notice.body == "is no recording.\nExport it.\nIt is now /failed/bad.mp3"


def test_many_are_counted_and_those_that_failed_come_first():
    notice = together([done("a.mp3"), failed("b.mp3"), done("c.mp3")], done=37, failed=1)
    assert (notice.event, notice.title, notice.kind) == ("failed", "37 done, 1 failed", "warning")
    assert notice.body.splitlines() == [
        "Failed: b.mp3: is no recording",
        "Done: a.mp3",
        "Done: c.mp3",
        "and 35 more",
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("@everyone", "a @here b", "<@&123>", "<!channel>", "@room", "[x](http://evil)"),
        *("see www.evil.example", "https://evil.example", "@@everyone"),
    ],
)
def test_nothing_a_messenger_acts_on_is_left_in_a_name(name):
    notices = (
        done(name, name).notice(),
        failed(name, name).notice(),
        together([done(name), failed(name, name)], done=1, failed=1),
    )
    for notice in notices:
        told = notice.title + notice.body
        assert all(token not in told for token in ("@e", "@h", "@r", "@&", "<!", "<@", "](", "://"))
        assert "www." not in told and name in told.replace("\u200b", "")


def test_control_characters_and_bytes_that_are_no_text_are_left_out():
    assert inert("a\x1b[0m\r\nb\u202e\0\udce9") == "a[0m b\ufffd"


def test_what_is_long_is_cut():
    assert len(inert("a" * 1000)) == 100
    notice = together([failed(problem="p" * 5000)] * 10, done=0, failed=99)
    assert len(notice.body) < 4000
