"""Works that name a customer or look one up: prelogins, the state of credentials, the vendor's customers."""

from bench.front_ends import customer
from bench.measuring import DURABLE, HEADERS, HTTP, SHARED_SESSIONS, TWO_ROWS, UNSEALED, Parts, measured

SESSIONLESS = (HTTP, HEADERS, TWO_ROWS)


async def measure_names(parts: Parts) -> None:
    """Customers who have been here before: enrolling one is done once in a life."""
    going, bench = parts.going, parts.bench
    shared = await bench.sessions(SHARED_SESSIONS)
    turns = range(going.scale.calls)
    known = [customer(turn % going.used_customers) for turn in turns]
    for operation, more in (("prelogin_v1", {}), ("prelogin_v2", {"instanceId": "bench"})):
        requests = [
            bench.naming_request(operation, shared[turn % SHARED_SESSIONS], known[turn], more)
            for turn in turns
        ]
        await measured(parts, operation, requests, DURABLE, 0.40)
    requests = [bench.call("credentials_status", None, {"customerId": user}) for user in known]
    await measured(parts, "credentials_status", requests, SESSIONLESS, 0.40)
    requests = [
        bench.call("validate_transmit_customer", shared[turn % SHARED_SESSIONS].sid, {"customerId": user})
        for turn, user in enumerate(known)
    ]
    await measured(parts, "validate_transmit_customer", requests, UNSEALED, 0.40)
