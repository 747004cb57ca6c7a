"""An FFmpeg whose hardware encoders work: a stand-in for hardware that we do not have.

It is libx264 that encodes. So it shows what we ask for and what we do with the answers, and nothing
of how a graphics card's videos look.
"""

import json
import shutil
import sys
from pathlib import Path

_SCRIPT = """#!{python}
import json, os, sys, time
args = sys.argv[1:]
with open({said!r}, "a") as file:
    file.write(json.dumps(args) + chr(10))
hardware = any(name in args for name in ("h264_nvenc", "h264_vaapi"))
rendering = "-movflags" in args
{first}
renamed = {{"-cq": "-crf"}}
dropped = ("-tune", "-rc", "-b:v", "-vaapi_device", "-rc_mode", "-low_power")
done, rest = [], iter(args)
for part in rest:
    if part in dropped and hardware:
        next(rest)
    elif part == "-preset" and hardware:
        done += [part, "ultrafast"]
        next(rest)
    elif part in ("h264_nvenc", "h264_vaapi"):
        done.append("libx264")
    else:
        done.append(renamed.get(part, part).replace("hwupload", "null"))
os.execv({real!r}, ["ffmpeg", *done])
"""


class StandIn:
    """A script in FFmpeg's place; `first` is Python that it runs before it encodes.

    There, `args` are its arguments, `hardware` tells whether they name a hardware encoder, and
    `rendering` whether this is a render, and not a trial.
    """

    def __init__(self, folder: Path, real: str = "ffmpeg", first: str = "") -> None:
        found = shutil.which(real)
        assert found is not None
        self.path, self._said = folder / "stand-in", folder / "said"
        text = _SCRIPT.format(python=sys.executable, said=str(self._said), real=found, first=first)
        self.path.write_text(text)
        self.path.chmod(0o755)

    def __str__(self) -> str:
        return str(self.path)

    def calls(self, encoder: str) -> list[list[str]]:
        """Return the arguments of each call so far that has named an encoder."""
        lines = self._said.read_text().splitlines() if self._said.exists() else []
        return [args for args in map(json.loads, lines) if encoder in args]
