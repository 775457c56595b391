"""Histories damaged by hand, of lines and of who hears from them: see ``damage``."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from connector.core.records import Intent, Outcome, Result
from tests.simulation.damage import BODY, CONTACT, ORIGIN, intend, still, text_of
from tests.simulation.messages import Text
from tests.simulation.rooms import FULL
from tests.simulation.world import World


def texted_from_two_lines() -> World:
    """A contact hears from a line, then from another one, and nobody has moved it."""
    world = still()
    world.oracle.granted["a" * 16] = 0, Intent("a" * 16, "r1", "a", CONTACT, BODY, 1, ORIGIN, 0, "somebody")
    for request_id, line in (("r1", "a"), ("r2", "b")):
        text = text_of(world, request_id)
        text.dispatch = replace(text.dispatch, line=line)
        world.oracle.accepted(text)
    return world


def moved_whom_nobody_bound() -> World:
    """The one who moves a line takes somebody for its contact who has never heard from it."""
    world = still()
    world.moves.views.load_binding(CONTACT, "a", None)
    world.plan.rng = Random(1)
    while not world.oracle.violations:
        world.moves.act()
    return world


def bound_otherwise() -> World:
    """A process has read of the first text of a contact, and takes it for another line's."""
    world = still()
    intend(world)
    world.broker.land("ledger", 0, Outcome("a" * 16, "r1", "a", CONTACT, Result.SUBMITTED, "h", "sender"))
    world.scheduler.run(5.0)
    world.processes[0].replica.views.load_binding(CONTACT, "b", None)
    world.moves.finish()
    return world


def refused_again_and_again() -> World:
    """A line has no room for new contacts, and its holder asks for one after the other."""
    world = still()
    _refuse(world, text_of(world, "r1"), text_of(world, "r2"))
    return world


def a_group_refused_again() -> World:
    """A group is asked for in a full window, as it may be; it is refused as a new contact, and asked for again."""
    world = still()
    groups = text_of(world, "r2"), text_of(world, "r3")
    for text in groups:
        group = replace(text.dispatch.request, number=None, group_id="group-1")
        text.contact, text.dispatch = b"g" * 8, replace(text.dispatch, request=group)
    _refuse(world, text_of(world, "r1"), *groups)
    return world


def _refuse(world: World, *texts: Text) -> None:
    """Each is proposed after the refusal of the one before it."""
    for text in texts:
        text.attempt = text.dispatch.request.request_id
        world.oracle.proposals[text.attempt] = world.scheduler.now
        world.scheduler.run(world.scheduler.now + 1.0)
        world.rooms.heard(text, FULL["hour"])
        world.scheduler.run(world.scheduler.now + 60.0)


def refused_behind_one_under_way() -> World:
    """The same; a text that was under way at the first refusal is refused later, which opens no new window."""
    world = still()
    texts = {request_id: text_of(world, request_id) for request_id in ("r1", "r2", "r3")}
    for request_id, text in texts.items():
        text.attempt = request_id
        world.oracle.proposals[request_id] = world.scheduler.now + (2.0 if request_id == "r3" else 0.0)
    for after_s, text in zip((1.0, 3.0, 1.0), texts.values(), strict=True):
        world.scheduler.run(world.scheduler.now + after_s)
        world.rooms.heard(text, FULL["hour"])
    return world


OF_LINES: Mapping[str, tuple[Callable[[], World], ...]] = {
    "6 line": (texted_from_two_lines,),
    "27 plan": (moved_whom_nobody_bound,),
    "27 agree": (bound_otherwise,),
    "28 refused": (refused_again_and_again, a_group_refused_again, refused_behind_one_under_way),
}
