import pytest

from karaokify_daemon.adapters.resources import Cgroups


def group(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")
    return folder


@pytest.fixture
def cgroups(tmp_path):
    def make(own):
        (tmp_path / "own").write_text(own)
        return Cgroups(tmp_path / "own", tmp_path / "fs")

    return make


@pytest.mark.parametrize(
    ("quota", "allowed"),
    [("150000 100000", 2), ("100000 100000", 1), ("5000 100000", 1), ("max 100000", None)],
)
def test_a_quota_of_version_2_is_rounded_up(tmp_path, cgroups, quota, allowed):
    group(tmp_path / "fs/system.slice/k.service", cpu__max=quota)
    assert cgroups("0::/system.slice/k.service\n").cpus() == allowed


def test_the_groups_above_count_too(tmp_path, cgroups):
    group(tmp_path / "fs/a/b", cpu__max="800000 100000", memory__max="max", memory__current="7")
    group(tmp_path / "fs/a", cpu__max="300000 100000", memory__max="1000", memory__current="400")
    found = cgroups("0::/a/b\n")
    assert found.cpus() == 3 and found.memory_free() == 600


@pytest.mark.parametrize("mounted", ["cpu,cpuacct", "cpu"])
def test_a_quota_of_version_1(tmp_path, cgroups, mounted):
    files = {"cpu.cfs_quota_us": "250000", "cpu.cfs_period_us": "100000"}
    group(tmp_path / "fs" / mounted / "box", **files)
    assert cgroups("4:cpu,cpuacct:/box\n1:name=systemd:/\n0::/\n").cpus() == 3


def test_no_quota_of_version_1(tmp_path, cgroups):
    files = {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}
    group(tmp_path / "fs/cpu", **files)
    assert cgroups("1:cpu:/\n").cpus() is None


def test_in_a_container_the_path_is_the_hosts_and_the_root_is_ours(tmp_path, cgroups):
    group(tmp_path / "fs", cpu__max="100000 100000", memory__max="500", memory__current="100")
    found = cgroups("0::/../../docker/abc\n")
    assert found.cpus() == 1 and found.memory_free() == 400


def test_files_that_can_be_dropped_count_as_free(tmp_path, cgroups):
    stat = "anon 100\ninactive_file 300"
    group(tmp_path / "fs", memory__max="1000", memory__current="900", memory__stat=stat)
    assert cgroups("0::/\n").memory_free() == 400


def test_memory_of_version_1(tmp_path, cgroups):
    files = {"memory.limit_in_bytes": "1000", "memory.usage_in_bytes": "700"}
    group(tmp_path / "fs/memory/box", **files, **{"memory.stat": "total_inactive_file 200"})
    group(tmp_path / "fs/memory", **files | {"memory.limit_in_bytes": str(2**63 - 4096)})
    assert cgroups("4:memory:/box\n").memory_free() == 500


@pytest.mark.parametrize("own", ["", "nonsense", "0::/gone\n", "7:cpu:/\n0::"])
def test_what_cannot_be_told_is_no_limit(cgroups, own):
    assert cgroups(own).cpus() is None and cgroups(own).memory_free() is None
