"""The servers to measure our engine against: a published study's FastAPI, LitServe and Ray Serve.

Fair opponents: the same networks in the same precision, the same samplers, the safety checker on, the
same `POST /predict`. What differs is what is measured: how requests come together before the UNet.

    fastapi            a plain `def` endpoint; requests draw beside each other in the thread pool
    fastapi-lock       the same, one at a time
    litserve           LitServe as it comes, one at a time
    litserve-batched   requests that arrive together are drawn together, from start to end
    ray                Ray Serve as it comes, one at a time
    ray-batched        the same with `@serve.batch`

Started by `python -m inference.baselines ARM`. Nothing of the product imports this, and it needs
`litserve`, which the product does not.
"""

from __future__ import annotations

from typing import Final

BATCH_IMAGES: Final = 8
BATCH_SECONDS: Final = 0.02
