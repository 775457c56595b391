"""Keyed hashes: how the ledger knows a person, a group or a text without knowing it."""

from connector.core.messages import SendRequest


def contact_hash(request: SendRequest, key: bytes) -> bytes:
    raise NotImplementedError


def body_hash(request: SendRequest, key: bytes) -> bytes:
    raise NotImplementedError


def text_hash(text: str, key: bytes) -> str:
    raise NotImplementedError


def fingerprint(key: bytes) -> str:
    raise NotImplementedError


def account_fingerprint(api_key_id: str) -> str:
    raise NotImplementedError
