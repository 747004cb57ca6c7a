from pathlib import Path

import pytest

from karaokify_daemon.adapters.mounts import Mount, has_events, mount_of

MOUNTS = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /srv/in\040box rw,relatime - nfs4 nas:/media rw
31 22 0:41 / /srv/inbox rw,relatime shared:2 master:3 - fuse.sshfs me@host: rw
32 31 254:9 / /srv/inbox/local rw - xfs /dev/vdb rw
33 22 254:9 / /over rw - xfs /dev/vdb rw
34 33 0:44 / /over rw - cifs //nas/x rw
garbage
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/me/inbox", "ext4"),
        ("/srv/in box/lyrics", "nfs4"),
        ("/srv/inbox", "fuse.sshfs"),
        ("/srv/inboxes", "ext4"),
        ("/srv/inbox/local/x", "xfs"),
        ("/over", "cifs"),
    ],
)
def test_the_longest_and_last_mount_point_above_a_folder_tells_its_file_system(
    tmp_path, folder, kind
):
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)

    assert mount_of(Path(folder), table).kind == kind


def test_an_unknown_file_system_is_trusted_to_have_events(tmp_path):
    assert mount_of(tmp_path, tmp_path / "none") == Mount(Path("/"), "")
    assert has_events(tmp_path)
