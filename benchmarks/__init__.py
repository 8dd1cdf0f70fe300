"""Speed, memory and accuracy of softmax_lessons beside its peers, as ratios inside one run.

``make bench`` measures everything, and writes ``_build/benchmarks.json``.
``.venv/bin/python -m benchmarks logsumexp 50257`` measures the rows that hold all these words, and
writes nothing.
"""

import os

# One thread for everybody. The libraries read this when they are imported.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"
# The profiler that counts torch's memory would write into the table; torch reads this once, too.
os.environ.setdefault("KINETO_LOG_LEVEL", "99")
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
