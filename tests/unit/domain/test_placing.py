from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.lyrics import read_lrc, read_text
from karaokify_daemon.domain.placing import known_alone, placed
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

HEARD = "the moon is bright and a warm wind sings over the sea".split()


def heard(words=HEARD, begin=1000, pitch=400, length=300):
    said = tuple(
        Word(w, begin + i * pitch, begin + i * pitch + length, 0.9) for i, w in enumerate(words)
    )
    return Transcript((Segment(said),)) if said else Transcript(())


def times(found):
    return {word.text: (word.start, word.end) for word in found.transcript.words}


def test_words_that_were_heard_have_their_times_and_the_users_spelling():
    text = "The Moon is bright,\nand a warm wind\nSINGS over the sea."
    found = placed(read_text(text), heard(), 9000)
    assert found.transcript.text == text.replace("\n", " ")
    assert [w.start for w in found.transcript.words] == [w.start for w in heard().words]
    assert [len(segment.words) for segment in found.transcript.segments] == [4, 4, 4]
    assert found.transcript.lines and found.unplaced == 0 and found.recognised == 12


def test_a_name_that_was_misheard_has_the_time_of_what_was_heard_in_its_place():
    spoken = heard("the loop jana is bright and warm".split())
    found = times(placed(read_text("The Ljubljana is bright and warm"), spoken, 9000))
    assert found["Ljubljana"] == (1400, 2100)


def test_words_between_share_the_gap_and_a_long_silence_has_none():
    spoken = heard("moon sea".split(), pitch=1500)
    found = placed(read_text("moon over the sea"), spoken, 9000)
    assert 1300 <= times(found)["over"][0] < times(found)["the"][0] < 2500
    far = heard("moon sea".split(), pitch=60_000)
    found = placed(read_text("moon\nover the\nsea"), far, 90_000)
    assert (found.unplaced, found.first_unplaced) == (2, 2)


def test_a_verse_that_is_not_sung_is_left_out_and_counted():
    text = " ".join(HEARD) + "\nand nobody on the long pier has seen them yet at all"
    found = placed(read_text(text), heard(), 6000)
    assert found.unplaced == 12 and found.first_unplaced == 2 and found.likely


def test_another_text_is_not_taken_for_this_one():
    other = "colourless green ideas sleep furiously beneath another heaven without stopping"
    assert not placed(read_text(other), heard(), 9000).likely


def test_a_line_with_a_time_keeps_to_it():
    text = "[00:01.00]the moon is quite bright\n[00:20.00]and a warm wind\n[00:24.00]\n"
    found = placed(read_lrc(text), heard(), 30_000)
    first, second = found.transcript.segments
    assert first.start >= 1000 and times(found)["moon"] == (1400, 1700)
    assert second.start >= 20_000 and second.end <= 24_000, "though it was heard elsewhere"


def test_words_with_times_of_their_own_need_no_recognition():
    lines = read_lrc("[00:01.00]Hello <00:01.50>big world<00:02.50>\n[00:05.00]Bye\n[00:06.00]")
    found = known_alone(lines, "en")
    assert [(w.text, w.start, w.end) for w in found.words] == [
        ("Hello", 1000, 1500),
        ("big", 1500, 1875),
        ("world", 1875, 2500),
        ("Bye", 5000, 6000),
    ]


def test_a_language_without_spaces_is_placed_by_its_characters():
    said = tuple(Word(c, 500 * i, 500 * i + 400) for i, c in enumerate("月がきれい"))
    found = placed(read_text("月がきれい。"), Transcript((Segment(said),), "ja"), 9000)
    assert found.recognised == 5 and found.transcript.text == "月がきれい。"


@given(
    st.lists(st.sampled_from([*HEARD, "Ljubljana", "\n", "x"]), min_size=1, max_size=40),
    st.lists(st.sampled_from(HEARD), max_size=40),
)
def test_words_stay_in_order_none_twice_none_invented(known, said):
    lines = read_text(" ".join(known))
    if not lines:
        return
    found = placed(lines, heard(said), 20_000)
    shown = [word.text for word in found.transcript.words]
    wanted = [word.text for line in lines for word in line.words]
    rest = iter(wanted)
    assert all(word in rest for word in shown), "a part of the text, in its order"
    assert len(shown) + found.unplaced == len(wanted)
    starts = [word.start for word in found.transcript.words]
    assert starts == sorted(starts)


def test_what_a_recogniser_repeats_in_no_time_was_not_said():
    first, last = heard().words[:6], heard("over the sea".split(), begin=4800).words
    loop = [Word(w, 3400 + 20 * i, 3420 + 20 * i, 0.9) for i, w in enumerate(HEARD[6:9] * 4)]
    spoken = Transcript((Segment((*first, *loop, *last)),))
    found = times(placed(read_text(" ".join(HEARD)), spoken, 9000))
    assert found["over"] == (4800, 5100)
    assert all(found[word][1] - found[word][0] > 200 for word in ("warm", "wind", "sings"))


def test_words_that_do_not_fit_into_what_was_misheard_have_more_room():
    spoken = Transcript(
        (Segment((Word("moon", 0, 400), Word("are", 3900, 4000), Word("sea", 4000, 4400))),)
    )
    found = times(placed(read_text("moon a warm wind sings over the sea"), spoken, 9000))
    begin, end = found["a"][0], found["the"][1]
    assert end == 4000 and 1500 <= end - begin <= 2000, "as it is usually said"
