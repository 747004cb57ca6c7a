import subprocess
import sys

from karaokify_daemon.adapters.work import sweep, work_folder


def test_a_working_folder_is_private_and_gone_afterwards(tmp_path):
    with work_folder(tmp_path) as folder:
        (folder / "x").write_text("x")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert sweep(tmp_path) == 0 and folder.exists()
    assert list((tmp_path / "work").iterdir()) == []


def test_the_folder_of_a_killed_process_is_swept(tmp_path):
    script = (
        "import os, pathlib, sys\n"
        "from karaokify_daemon.adapters.work import work_folder\n"
        "with work_folder(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert len(list((tmp_path / "work").iterdir())) == 1
    assert sweep(tmp_path) == 1
    assert list((tmp_path / "work").iterdir()) == []
