import os

from karaokify_daemon.adapters.files.links import linked_elsewhere
from tests.support.files import put


def found(*paths):
    return {path: os.lstat(path) for path in paths}


def test_names_beside_a_file_and_in_our_folders_are_no_others(tmp_path):
    for folder in ("inbox", "archive", "outside"):
        (tmp_path / folder).mkdir()
    plain, twice, moved, linked = put(tmp_path / "inbox", "plain", "twice", "moved", "linked")
    (tmp_path / "inbox" / "again").hardlink_to(twice)
    (tmp_path / "archive" / "moved").hardlink_to(moved)
    (tmp_path / "outside" / "linked").hardlink_to(linked)
    own = [tmp_path / "archive", tmp_path / "not there"]

    assert linked_elsewhere(found(plain, twice, moved, linked), own).keys() == {linked}
    assert "other names" in linked_elsewhere(found(moved), [])[moved]
