#!/usr/bin/env bash
# Install what the project needs: FFmpeg and friends by apt-get, the pinned Python packages in .venv.
#
#   tools/install.sh          what the service needs
#   tools/install.sh --dev    and what the tests, linters and tools need
#
# It may be run any number of times; with nothing to do it takes a moment. $PYTHON names the Python
# for a new .venv. pip takes its settings from its own files and variables, such as PIP_INDEX_URL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

extra=""
stamp=.venv/.installed
if [[ ${1:-} == --dev ]]; then
  extra="[dev]"
  stamp=.venv/.installed-dev
fi
log=build/install.log

say() { printf 'install: %s\n' "$*"; }

die() {
  printf 'install: %s\n' "$@" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

fits() { # a Python that runs, of a version that is supported
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1
}

makes_venvs() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

find_python() {
  local candidate
  if [[ -n ${PYTHON:-} ]]; then
    fits "$PYTHON" || die "\$PYTHON is $PYTHON, which is not a Python 3.11, 3.12 or 3.13."
    echo "$PYTHON"
    return
  fi
  for candidate in python3 python3.13 python3.12 python3.11; do
    if fits "$candidate"; then
      echo "$candidate"
      return
    fi
  done
}

missing_packages() { # names of Debian packages, for programs that are not there
  have ffmpeg && have ffprobe || echo ffmpeg
  have fc-list || echo fontconfig
  if [[ -n $extra ]]; then
    if have apt-get; then # elsewhere, the tests that need these are skipped
      have strace || echo strace
      have rsync || echo rsync
    fi
    { have espeak-ng && /sbin/ldconfig -p | grep -q 'libespeak-ng\.so\.1'; } || echo espeak-ng
  fi
  [[ -x .venv/bin/python ]] && return
  local python
  python=$(find_python 2>/dev/null) || return 0
  if [[ -z $python ]]; then
    echo python3 python3-venv
  elif ! makes_venvs "$python"; then
    "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
  fi
}

apt_install() {
  local sudo=()
  local command="apt-get update && apt-get install -y $*"
  have apt-get || die "missing: $*. Install them with this system's package manager."
  if ((EUID != 0)); then
    have sudo && sudo -n true 2>/dev/null || die "missing: $*. Run as root, then try again:" \
      "  sudo sh -c '$command'"
    sudo=(sudo -n)
  fi
  say "system packages: $* (apt-get; log in $log)"
  local quiet=(env DEBIAN_FRONTEND=noninteractive)
  { "${sudo[@]}" "${quiet[@]}" apt-get update &&
    "${sudo[@]}" "${quiet[@]}" apt-get install -y --no-install-recommends "$@"; } \
    </dev/null >>"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    die "apt-get could not install: $*. Is the network reachable? The whole log is in $log." \
      "To do it by hand: $command"
  }
}

pip_install() { # $1: what to say; the rest: pip's arguments
  say "$1"
  shift
  .venv/bin/python -m pip install --disable-pip-version-check --no-input -c constraints.txt "$@" \
    </dev/null >>"$log" 2>&1 && return
  # Without a network, pip goes on to complain of versions that it cannot find.
  if grep -qE 'Retrying \(Retry|NewConnectionError|NameResolution|ConnectTimeout|ProxyError' "$log"; then
    die "the package index cannot be reached. Check the network, or pip's index and proxy settings." \
      "The whole log is in $log."
  fi
  grep -E '^ERROR|No space left' "$log" | tail -n 5 >&2 || tail -n 5 "$log" >&2
  die "pip failed; the whole log is in $log."
}

wanted=$(sha256sum pyproject.toml constraints.txt | sha256sum)
mapfile -t packages < <(missing_packages | tr ' ' '\n')
if ((${#packages[@]} == 0)) && [[ -x .venv/bin/karaokify-daemon ]] &&
  [[ $(cat "$stamp" 2>/dev/null) == "$wanted" ]]; then
  exit 0
fi

mkdir -p build
: >"$log"
((${#packages[@]} == 0)) || apt_install "${packages[@]}"
if [[ ! -x .venv/bin/python ]]; then
  python=$(find_python)
  [[ -n $python ]] || die "no Python 3.11, 3.12 or 3.13 was found. Install one, and name it:" \
    "  PYTHON=/path/to/python3.12 make install"
  say "virtual environment in .venv ($("$python" --version))"
  "$python" -m venv .venv >>"$log" 2>&1 || die "venv failed; the whole log is in $log."
fi
fits .venv/bin/python || die "the Python of .venv is not 3.11, 3.12 or 3.13: remove .venv, try again."
# torch first: it pins its triton, which openai-whisper would otherwise take the newest of.
pip_install "PyTorch (hundreds of megabytes, some minutes)" "$(grep '^torch==' constraints.txt)"
pip_install "karaokify-daemon$extra and the packages it needs" -e ".$extra"
echo "$wanted" >"$stamp"
[[ -z $extra ]] || echo "$wanted" >.venv/.installed
say "done"
