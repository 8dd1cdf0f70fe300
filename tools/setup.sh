#!/bin/sh
# Finds Python 3.11 and lets it run bootstrap.py, which sets up .venv.
# PYTHON names another interpreter than the first that fits.

is_311() {
    [ "$("$1" -c 'import sys; print(sys.version_info[:2] == (3, 11))' 2>/dev/null)" = True ]
}

if [ -n "${PYTHON:-}" ]; then
    if is_311 "$PYTHON"; then exec "$PYTHON" tools/bootstrap.py; fi
    echo "PYTHON=$PYTHON is not a Python 3.11 that runs: name one, or leave PYTHON out." >&2
    exit 1
fi
for candidate in python3.11 python3 python; do
    if is_311 "$candidate"; then exec "$candidate" tools/bootstrap.py; fi
done
echo "Softmax Lessons needs Python 3.11, which was not found: install it (https://www.python.org/downloads/), or name it with 'make PYTHON=/path/to/python3.11 ...'." >&2
exit 1
