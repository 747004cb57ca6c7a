from itertools import islice

from karaokify_daemon.adapters.tail import follow


def test_what_is_added_is_told_also_in_the_file_that_comes_after(tmp_path):
    path = tmp_path / "log"
    path.write_text("old\n")
    with path.open() as file:
        file.read()
        with path.open("a") as end:
            end.write("one\ntwo\n")
        path.rename(tmp_path / "log.1")
        path.write_text("three\nfour\n")
        assert list(islice(follow(path, file), 4)) == ["one\n", "two\n", "three\n", "four\n"]


def test_a_file_that_is_cut_to_nothing_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "log"
    path.write_text("old, and long\n")
    with path.open() as file:
        file.read()
        path.write_text("new\n")
        lines = follow(path, file)
        assert next(lines) == "new\n"
        with path.open("a") as end:
            end.write("more\n")
        assert next(lines) == "more\n"
