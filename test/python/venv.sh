#!/usr/bin/env bash
# Makes a virtual environment with the Python SDK of requirements.txt and prints its python's path. It is kept outside
# the tree, under the hash of what it is made from, so that a second run only prints.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${TOCSIN_TEST_CACHE:-${HOME:-/tmp}/.cache/tocsin-test}"

command -v python3 >/dev/null || { echo "venv.sh: python3 is not on the PATH" >&2; exit 1; }

key="$( (cat "$here/requirements.txt"; python3 --version) | sha256sum | cut -c1-16)"
venv="$cache/python-$key"

if [[ -f "$venv/complete" ]]; then
  echo "$venv/bin/python"
  exit 0
fi

# An environment knows its own path, so it is made where it stays; one that was interrupted is made anew.
rm -rf "$venv"
mkdir -p "$cache"
{
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
} >&2
touch "$venv/complete"
echo "$venv/bin/python"
