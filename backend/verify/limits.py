"""How often one address may ask: looking into a picture takes about a second of a processor."""

from __future__ import annotations

from fastapi import Request

from backend.kit.client_address import client_address, parse_networks, subscriber
from backend.kit.context import Context
from backend.kit.database import run_writing
from backend.kit.errors import RateLimited
from backend.kit.metering import Meter
from backend.kit.ratelimit import Decision, Policy


async def count(request: Request, context: Context) -> None:
    """Count one picture of the address that `request` comes from, before anything of it is read.

    Raises:
        RateLimited: It asks more often than ATELIER_RATE_VERIFY allows.
    """
    policy = Policy("verify", context.settings.rate_verify)
    if policy.quota == 0:
        return
    networks = parse_networks(context.settings.trusted_proxies)
    address = subscriber(client_address(request.scope, networks))
    meter: Meter = request.app.state.meter
    decision = meter.refused(policy, address) or await _taken(meter, policy, address)
    if not decision.taken:
        raise RateLimited(
            f"More than {policy.quota} pictures a minute to verify from your address; "
            f"try again in {decision.retry_after} s.",
            retry_after=decision.retry_after,
        )


async def _taken(meter: Meter, policy: Policy, address: str) -> Decision:
    return await run_writing(meter.take, policy, address)
