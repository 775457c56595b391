"""Rules for what must be known before a text goes, and for links that somebody else wrote."""

from tests.mutants.mutation import Mutant

PREPARING = ("core/test_preparing.py", "test_preparing.py")
LINKS = ("sendblue/test_public_files.py",)
POLICY, LINK = "core/preparing.py", "sendblue/public_network.py"

CONTENT_MUTANTS = (
    Mutant(
        "only-imessage-is-imessage",
        "IMESSAGE_ONLY goes to who has iMessage, and to nobody else",
        POLICY,
        "core/preparing.py",
        "has_imessage = service_name(answer) == Service.IMESSAGE",
        "has_imessage = service_name(answer) != Service.SMS",
        PREPARING,
    ),
    Mutant(
        "an-old-answer-is-none",
        "an answer is believed for its time only",
        "core/inquiries.py",
        "core/inquiries.py",
        "return self.answer if now < self.until else None",
        "return self.answer",
        ("core/test_inquiries.py", *PREPARING),
    ),
    Mutant(
        "a-link-is-not-sent-as-it-is",
        "a link that Sendblue could not fetch goes out as the uploaded file",
        POLICY,
        "roles/line_worker.py",
        "sendblue.send(self._as_sent().dispatch, intent.attempt",
        "sendblue.send(self.held.dispatch, intent.attempt",
        PREPARING,
    ),
    Mutant(
        "the-list-is-searched-for-what-was-sent",
        "the row of an attempt shows the uploaded file's URL, not the link",
        "core/proofs.py",
        "roles/line_worker.py",
        "doubts.look(self._as_sent(), step.attempt",
        "doubts.look(self.held, step.attempt",
        PREPARING,
    ),
    Mutant(
        "what-settings-forbid-is-closed-by-the-sender-too",
        "a record dispatched under other settings is not sent as it is",
        POLICY,
        "core/turns.py",
        "        or forbidden_end(held.dispatch.request, policy.preparing)\n",
        "",
        PREPARING,
    ),
    Mutant(
        "a-wait-for-an-answer-hops",
        "records that wait for answers do not fill a window for ever",
        "core/delays.py",
        "core/preparing.py",
        "if isinstance(step, NotNow) and waited_s >= IN_WINDOW_S:",
        "if isinstance(step, NotNow) and waited_s >= 100 * IN_WINDOW_S:",
        PREPARING,
    ),
    Mutant(
        "every-address-of-a-name-is-public",
        "a name with one private address is private",
        LINK,
        "sendblue/public_network.py",
        "if not all(map(self._allowed, addresses)):",
        "if not any(map(self._allowed, addresses)):",
        LINKS,
    ),
    Mutant(
        "the-address-that-was-looked-at",
        "the connection goes to the address that was checked, not to the name once more",
        LINK,
        "sendblue/public_network.py",
        "self._inner.connect_tcp(address, port",
        "self._inner.connect_tcp(host, port",
        LINKS,
    ),
    Mutant(
        "an-address-inside-an-address",
        "an IPv6 address that carries a private IPv4 address is private",
        "core/addresses.py",
        "core/addresses.py",
        "    if carried := _carried(address):\n        return all(map(_is_public_4, carried))\n",
        "    if _carried(address):\n        return True\n",
        ("core/test_addresses.py",),
    ),
    Mutant(
        "a-redirect-is-looked-at",
        "a redirect leads to https without a login, or nowhere",
        "sendblue/public_files.py",
        "sendblue/public_files.py",
        'if url.scheme != "https" or url.userinfo or not url.host:',
        "if not url.host:",
        LINKS,
    ),
    Mutant(
        "what-comes-is-counted",
        "a server that does not say how large its file is may not send more than the bound",
        "sendblue/public_files.py",
        "sendblue/public_files.py",
        "            if self.read > self._max_bytes:\n",
        "            if self.read < 0:\n",
        LINKS,
    ),
)
