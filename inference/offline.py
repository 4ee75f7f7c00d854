"""Keeps model libraries off the network, quiet and considerate; call before the first is imported.

Imports none of them itself. A value that the operator has set is left as it is.
"""

from __future__ import annotations

import os

_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "DIFFUSERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    # Threads that wait by spinning, the default, hold each other up as soon as anything else wants a
    # core: beside other work on two cores a step took 5 s that takes 0.4 s when they sleep instead.
    "OMP_WAIT_POLICY": "PASSIVE",
    # glibc giving every large block back to the kernel costs a small model more than its arithmetic.
    "MALLOC_TRIM_THRESHOLD_": str(512 * 2**20),
    "MALLOC_MMAP_THRESHOLD_": str(512 * 2**20),
}


def stay_offline() -> None:
    """Set the environment of this process, and of those it starts."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
