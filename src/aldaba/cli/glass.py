"""Break-glass: what takes four eyes, done by one person at the command line, raises an alarm in the audit."""

from aldaba.cli.desk import actor
from aldaba.domain.operators import Act, needs_four_eyes
from aldaba.service.audit import Event, EventType, GlassBroken
from aldaba.settings import Mode
from aldaba.wiring import House


async def break_glass(house: House, act: Act, target: str) -> None:
    """Written down before the act, in production, under the operating system's user; in a sandbox not."""
    if house.settings.mode is Mode.SANDBOX or not needs_four_eyes(act, house.policy.operators):
        return
    payload = GlassBroken(act.value, target[:64], "alarm")
    event = Event(EventType.GLASS_BROKEN, house.clock(), payload, actor=actor())
    await house.store.run(lambda transaction: transaction.audit.record(event))
