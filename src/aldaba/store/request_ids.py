"""Answers for when two request ids are the same one."""

import hashlib
from uuid import UUID


def request_key(request_id: str) -> bytes:
    """Sixteen bytes that are equal for every spelling of one UUID; other ids are told apart by a digest."""
    try:
        return UUID(request_id).bytes
    except ValueError:
        return hashlib.sha256(request_id.encode("utf-8", "surrogatepass")).digest()[:16]
