#!/bin/sh
# Finds a Python that fits and lets it run bootstrap.py, which sets up .venv.
# PYTHON names another interpreter than the first that fits. 3.11 goes first, because the stored
# outputs were made with it; then the machine's own python3, whichever of the four it is.

fits() {
    [ "$("$1" -c 'import sys; print((3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null)" = True ]
}

if [ -n "${PYTHON:-}" ]; then
    if fits "$PYTHON"; then exec "$PYTHON" tools/bootstrap.py "$@"; fi
    echo "PYTHON=$PYTHON is not a Python 3.11 to 3.14 that runs: name one, or leave PYTHON out." >&2
    exit 1
fi
for candidate in python3.11 python3 python3.12 python3.13 python3.14 python; do
    if fits "$candidate"; then exec "$candidate" tools/bootstrap.py "$@"; fi
done
echo "Softmax Lessons needs Python 3.11, 3.12, 3.13 or 3.14, and none was found: install one (https://www.python.org/downloads/), or name it with 'make PYTHON=/path/to/python3.11 ...'." >&2
exit 1
