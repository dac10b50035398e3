#!/bin/sh
# Make .venv with everything from both lock files. Called by make; safe to repeat.
set -eu

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

python=
for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    if [ -n "$candidate" ] && fits "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Raumpost needs Python 3.11, 3.12 or 3.13, and none was found; name one: make PYTHON=/path/to/python …" >&2
    exit 1
fi

echo "making .venv with $("$python" --version), which takes about a minute"
if [ ! -x .venv/bin/pip ] && ! "$python" -m venv .venv >/dev/null 2>&1; then
    # Debian and Ubuntu keep venv in a package of its own.
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    sudo=
    [ "$(id -u)" = 0 ] || sudo="sudo -n"
    if ! { command -v apt-get && $sudo apt-get update -qq && $sudo apt-get install -y -qq "python$version-venv"; } \
        >/dev/null 2>&1; then
        echo "Python cannot make a virtual environment: install the package python$version-venv" >&2
        exit 1
    fi
    rm -rf .venv
    "$python" -m venv .venv
fi
.venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes \
    -r requirements.lock -r requirements-dev.lock
