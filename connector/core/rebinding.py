"""Whether an operator may move a contact to another line.

Only this look decides, before the REBIND is appended; the fold takes every REBIND. A text in flight or in doubt may
still reach the person from the old line, so the move waits for its end. A parked one may wait for days: a person has to
accept that it was perhaps sent.
"""

from connector.core.views import Views


def in_the_way(views: Views, contact: bytes, *, parked_too: bool) -> str | None:
    """Return why the contact may not be moved now, None when it may."""
    if views.busy(contact):
        return "a text to this contact is in flight or in doubt; try again when it has its end"
    if views.parked(contact) and not parked_too:
        return "a text to this contact is parked, perhaps sent from its old line; see --parked-too"
    return None
