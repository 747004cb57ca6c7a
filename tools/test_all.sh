#!/usr/bin/env bash
# Run the part of the suite that needs no torch on every Python 3.11, 3.12 and 3.13 of this machine:
# those on the PATH and those of pyenv, the newest release of each. Each gets an environment in build/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

newest() { # the newest release of a minor version, as a path
  local minor=$1 candidate
  {
    command -v "python$minor" || true
    ls -d "${PYENV_ROOT:-$HOME/.pyenv}/versions/$minor".*/bin/python 2>/dev/null || true
  } | while read -r candidate; do
    "$candidate" -c 'import ensurepip, platform; print(platform.python_version())' 2>/dev/null |
      sed "s|\$| $candidate|" || true
  done | sort -V | tail -n 1 | cut -d ' ' -f 2-
}

mkdir -p build
ran=0 failed=()
for minor in 3.11 3.12 3.13; do
  python=$(newest "$minor")
  if [[ -z $python ]]; then
    echo "== Python $minor: none on this machine"
    continue
  fi
  echo "== Python $minor: $python"
  env=build/venv-$minor
  "$python" tools/light_requirements.py >"build/light-$minor.txt"
  wanted=$(sha256sum pyproject.toml constraints.txt "build/light-$minor.txt" | sha256sum)
  if [[ $(cat "$env/.installed" 2>/dev/null) != "$wanted" ]]; then
    rm -rf "$env"
    "$python" -m venv "$env"
    pip=("$env/bin/python" -m pip install -qq --disable-pip-version-check -c constraints.txt)
    "${pip[@]}" -r "build/light-$minor.txt" </dev/null
    "${pip[@]}" --no-deps -e . </dev/null
    echo "$wanted" >"$env/.installed"
  fi
  "$env/bin/python" -m pytest tests/unit -m "not torch" -p no:cacheprovider || failed+=("$minor")
  ran=$((ran + 1))
done
((ran > 0)) || { echo "no Python 3.11, 3.12 or 3.13 was found" >&2; exit 1; }
((${#failed[@]} == 0)) || { echo "failed on Python ${failed[*]}" >&2; exit 1; }
