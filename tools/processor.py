"""Run a command as an older x86 processor would: with the instructions that it has, and no newer.

Usage: python tools/processor.py avx2|sse COMMAND...

NumPy, PyTorch, OpenBLAS and numba choose among several forms of each loop when they are loaded, by
what the processor can do, and the forms differ in the last digits. So a test or an output of a
notebook that takes these digits for granted is right on one machine and wrong on the next.

numba gets AVX2 in both cases. With vectors of half that width it adds twice as many terms one after
the other, and two tests, which hold long sums to 8 and 16 ulp, miss that by 2.
"""

from __future__ import annotations

import os
import platform
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
AVX2 = "X86_V3"  # as NumPy calls it


def environment(processor: str) -> dict[str, str]:
    """Return the variables that leave out what is newer than a processor, "avx2" or "sse"."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    newer = [name for name in found if processor == "sse" or name != AVX2]
    return {"NPY_DISABLE_CPU_FEATURES": " ".join(newer), **NUMBA, **OTHERS[processor]}


def main() -> int:
    """Run the command, and return its status."""
    processor, *command = sys.argv[1:] or [""]
    if processor not in OTHERS or not command:
        sys.exit("Usage: python tools/processor.py avx2|sse COMMAND...")
    if platform.machine() not in ("x86_64", "AMD64"):
        sys.exit(f"This processor is no x86, but {platform.machine()}.")
    return subprocess.run(command, env=os.environ | environment(processor)).returncode


if __name__ == "__main__":
    sys.exit(main())
