#!/bin/sh
# Makes the environment: install.sh PYTHON DIRECTORY. Everything comes with a hash, nothing is taken without one.
set -eu
python=$1
venv=$2
root=$(cd "$(dirname "$0")/.." && pwd)

if [ -z "$python" ]; then
    echo "Kring needs Python 3.11 or later; install it (on Debian: apt-get install python3 python3-venv)." >&2
    exit 1
fi
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "Making $venv ..."
    if ! said=$("$python" -m venv "$venv" 2>&1); then
        rm -rf "$venv"
        echo "Python cannot make an environment; on Debian: apt-get install python3-venv. ($said)" >&2
        exit 1
    fi
fi
echo "Installing what requirements.txt lists ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    --requirement "$root/deploy/bootstrap.txt"
# uv takes seconds where pip takes minutes. It does not read pip's settings: where these name another index, pip does it.
if ! UV_SYSTEM_CERTS=1 "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --compile-bytecode \
    --require-hashes --requirement "$root/requirements.txt"; then
    echo "Trying again with pip ..."
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        --requirement "$root/requirements.txt"
fi

# The command itself needs no build: it runs from this directory.
cat > "$venv/bin/kring" <<COMMAND
#!/bin/sh
PYTHONPATH="$root\${PYTHONPATH:+:\$PYTHONPATH}" exec "$(cd "$venv" && pwd)/bin/python" -m deploy.cli "\$@"
COMMAND
chmod +x "$venv/bin/kring"
touch "$venv/.installed"
