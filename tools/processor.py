"""Run a command as an older processor would: with the instructions that it has, and no newer ones.

Usage: python tools/processor.py avx2|sse COMMAND...

NumPy, PyTorch, OpenBLAS and numba choose among several forms of each loop when they are loaded, by
what the processor can do, and the forms differ in the last digits. So a test or an output of a
notebook that takes these digits for granted is right on one machine and wrong on the next. Only
for x86. numba keeps AVX2: it holds some of its digits by the width of that.
"""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

NUMBA = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ""}
OTHERS = {
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
    },
    "sse": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "OPENBLAS_CORETYPE": "Nehalem",
    },
}


def environment(processor: str) -> dict[str, str]:
    """Return the variables that leave out what is newer than a processor, "avx2" or "sse"."""
    found = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    newer = [name for name in found if processor == "sse" or name not in ("AVX2", "X86_V3")]
    return {"NPY_DISABLE_CPU_FEATURES": " ".join(newer), **NUMBA, **OTHERS[processor]}


def main() -> int:
    """Run the command, and return its status."""
    processor, *command = sys.argv[1:]
    return subprocess.run(command, env=os.environ | environment(processor)).returncode


if __name__ == "__main__":
    sys.exit(main())
