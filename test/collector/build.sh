#!/usr/bin/env bash
# Builds the collector of builder.yaml with Go and prints the binary's path. The binary is kept outside the tree,
# under the hash of what it is made from, so that a second run only prints.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${TOCSIN_TEST_CACHE:-${HOME:-/tmp}/.cache/tocsin-test}"
builder_version="v0.159.0"
name="otelcol-tocsin"

command -v go >/dev/null || { echo "build.sh: go is not on the PATH" >&2; exit 1; }

go_version="$(go env GOVERSION GOOS GOARCH | tr '\n' ' ')"
key="$( (cat "$here/builder.yaml"; echo "$builder_version $go_version") | sha256sum | cut -c1-16)"
binary="$cache/$name-$key"

if [[ -x "$binary" ]]; then
  echo "$binary"
  exit 0
fi

mkdir -p "$cache"
work="$(mktemp -d "$cache/build.XXXXXX")"
trap 'rm -rf "$work"' EXIT

echo "build.sh: building $name into $cache (some minutes the first time)" >&2
{
  GOBIN="$work/bin" nice go install "go.opentelemetry.io/collector/cmd/builder@$builder_version"
  # The output path is added here: the manifest itself names no path of any machine.
  sed "s|^dist:|dist:\n  output_path: $work/out|" "$here/builder.yaml" >"$work/builder.yaml"
  nice "$work/bin/builder" --config="$work/builder.yaml"
} >&2

# A rename within one file system: of two builds at once, neither leaves half a binary under the final name.
mv -f "$work/out/$name" "$binary"
echo "$binary"
