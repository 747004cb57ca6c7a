"""The disks of the folders: an empty mount point is neither an empty inbox nor an outbox."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from karaokify_daemon.adapters.files import durable
from karaokify_daemon.adapters.mounts import mount_of
from karaokify_daemon.config import Folders
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import IntakeError

_NAME = "mounts.json"


class Devices:
    """Makes the folders, once their disks are mounted, and refuses them when they are not.

    Where a folder was mounted at an earlier start is remembered in the state folder.
    """

    def __init__(self, folders: Folders) -> None:
        self._folders = dict(folders)
        self._memory = folders.state / _NAME
        self._devices: dict[str, int] = {}

    def check(self) -> None:
        """Make the folders if that was not done yet; look whether they are where they were.

        Raises IntakeError where a disk is not mounted, PublishError where a folder cannot be made.
        """
        if not self._devices:
            self._begin()
        for name, folder in self._folders.items():
            with durable.reported(f"the {name} folder is not there", folder, IntakeError):
                device = folder.stat().st_dev
            if device != self._devices[name]:
                raise IntakeError(
                    f"the {name} folder is on another device than at the start",
                    file=printable(str(folder)),
                    folder=name,
                    advice="Mount it again; if it has moved on purpose, restart the service.",
                )

    def unmounted(self) -> Iterator[IntakeError]:
        """Yield an error for each folder whose disk was mounted at an earlier start and is not."""
        before = _read(self._memory)
        for name, folder in self._folders.items():
            now = mount_of(folder).point
            was = Path(before.get(str(folder), now))
            if was != now and was.is_relative_to(now):
                yield IntakeError(
                    f"the {name} folder was on a disk mounted at {printable(str(was))}, "
                    "which is not mounted now",
                    file=printable(str(folder)),
                    folder=name,
                    advice=f"Mount it; if that is meant, remove {_NAME} of the state folder.",
                )

    def _begin(self) -> None:
        for error in self.unmounted():
            raise error
        before = _read(self._memory)
        points = {str(path): str(mount_of(path).point) for path in self._folders.values()}
        for folder in self._folders.values():
            with durable.reported("the folder cannot be made", folder):
                folder.mkdir(parents=True, exist_ok=True)
        if before != points:
            with durable.reported("cannot be written", self._memory):
                content = json.dumps(points, indent=2).encode()
                durable.write(self._memory, content, private=True)
        self._devices = {name: path.stat().st_dev for name, path in self._folders.items()}


def _read(path: Path) -> Mapping[str, str]:
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(path.read_bytes())
        if isinstance(content, dict):
            return {str(key): str(value) for key, value in content.items()}
    return {}
