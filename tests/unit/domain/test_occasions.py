from karaokify_daemon.domain.notices import Done, Failed
from karaokify_daemon.domain.occasions import Results, Trouble, troubles


def done(n=0):
    return Done(name=f"{n}.mp3", title="", lasts=1, took=1, bundle="/out")


def failed(n=0):
    return Failed(name=f"{n}.mp3", problem="p", advice="a", moved_to="/failed")


def titles(results, times):
    return [notice.title for at in times if (notice := results.take(at))]


def test_the_first_is_told_at_once_and_what_follows_in_a_minute_together():
    results = Results()
    results.add(done(), 1000.0)
    assert results.take(1000.0).title == "Done: 0.mp3"
    for n in range(1, 38):
        results.add(done(n), 1001.0 + n)
    results.add(failed(38), 1040.0)
    assert results.due_at == 1060.0 and results.take(1059.9) is None
    notice = results.take(1060.0)
    assert notice.title == "37 done, 1 failed"
    assert "and 27 more" in notice.body and "Failed: 38.mp3: p" in notice.body
    assert results.take(5000.0) is None and results.due_at is None


def test_one_that_follows_alone_is_told_as_such():
    results = Results()
    results.add(done(), 0.0)
    results.take(0.0)
    results.add(failed(1), 5.0)
    assert results.take(60.0).title == "Failed: 1.mp3"


def test_a_night_of_a_thousand_is_told_some_twenty_times():
    results, told = Results(), 0
    for n in range(1000):
        at = n * 28.8  # eight hours
        results.add(done(n), at)
        told += results.take(at) is not None
    assert 15 <= told <= 25


def test_after_a_pause_the_next_is_told_at_once_and_a_minute_is_waited_again():
    results = Results()
    for at, told_at in ((0.0, 0.0), (30.0, 60.0), (90.0, 180.0)):
        results.add(done(), at)
        assert results.due_at <= told_at and results.take(told_at) is not None
    results.add(done(), 180.0 + 240.0)  # the pause is over
    assert results.take(420.0) is not None
    results.add(done(), 421.0)
    assert results.due_at == 480.0


def test_at_the_end_all_that_has_come_is_told():
    results = Results()
    results.add(done(), 0.0)
    results.take(0.0)
    results.add(done(), 1.0)
    assert results.take(2.0) is None and results.take(2.0, last=True) is not None
    assert results.take(2.0, last=True) is None


def trouble():
    return Trouble("disk", "too full", "enough again")


def test_a_trouble_is_told_once_when_it_begins_and_once_when_it_ends():
    one = trouble()
    told = [one.now(text, at) for at, text in enumerate(["", "full", "full", "fuller", "", ""])]
    assert [n and n.title for n in told] == [None, "too full", None, None, "enough again", None]
    assert told[1].body == "full" and told[1].kind == "failure"
    assert told[4].body == "It lasted 3 s." and told[4].event == "disk"


def test_one_that_comes_and_goes_is_told_after_ten_minutes_with_how_often():
    one = trouble()
    assert one.now("full", 0.0) and one.now("", 1.0)
    for at in range(2, 8, 2):
        assert one.now("full", float(at)) is None and one.now("", at + 1.0) is None
    assert one.now("full", 599.0) is None
    assert (
        one.now("full", 600.0).body == "full\nSince the last message it has come and gone 3 times."
    )
    assert one.now("", 601.0).body == "It lasted 2 s."


def test_what_is_the_matter_is_one_line_in_which_nothing_acts():
    assert trouble().now("a\n@everyone\x1b", 0.0).body == "a @\u200beveryone"


def test_every_trouble_has_an_event_of_the_configuration():
    assert {one.event for one in troubles().values()} == {"disk", "degraded"}
