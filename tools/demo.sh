#!/usr/bin/env bash
# Run the real service once, on a fresh tree with the bundled recording, and say where the video is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tree=$PWD/build/demo
command=.venv/bin/karaokify-daemon
rm -rf "$tree"
"$command" init "$tree" >/dev/null
cp demo/welcome.* "$tree/inbox/"
"$command" run --config "$tree/config.toml" --once \
  --set transcribe.model=demo --set transcribe.device=cpu --set log.format=console || true

video=$tree/outbox/welcome/welcome.mp4
if [[ ! -s $video ]]; then
  echo "demo: no bundle came out" >&2
  cat "$tree"/failed/*.error.txt >&2 2>/dev/null || true
  exit 1
fi
printf '\nThe bundle:\n'
(cd "$tree/outbox/welcome" && du -h -- *)
printf '\nThe video: %s\n' "$video"
