from karaokify_daemon.domain.chapters import Chapter, chapters_within


def test_chapters_are_in_order_inside_the_recording_and_have_a_title_each():
    found = [
        Chapter(-200, "before it"),
        Chapter(4000, "b\nc"),
        Chapter(0, "a"),
        Chapter(9000, ""),
        Chapter(10_000, "behind it"),
    ]
    kept = chapters_within(found, 10_000)
    assert [(c.start, c.title) for c in kept] == [(0, "a"), (4000, "b c"), (9000, "Chapter 3")]


def test_a_file_cannot_have_chapters_without_end():
    many = [Chapter(i, "x" * 5000) for i in range(5000)]
    kept = chapters_within(many, 10_000)
    assert len(kept) == 500 and max(len(c.title) for c in kept) == 200
