"""Passwords: hashed by argon2id, in few threads, at a cost that is noted beside each hash."""

from __future__ import annotations

import threading
import unicodedata
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from secrets import token_bytes
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from argon2.low_level import ARGON2_VERSION, Type

from evergrove.access.errors import PasswordRefused, SignInBusy

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

LEAST, MOST, DIFFERENT = 12, 256, 5
_SALT, _HASH = 16, 32


@dataclass(frozen=True)
class HashCost:
    """
    What one hash costs; the second recommendation of RFC 9106, section 4.

    Attributes:
        passes: Over the memory.
        memory_kib: Held while it is computed.
        lanes: Computed side by side.
    """

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


@dataclass(frozen=True)
class Verdict:
    """Whether a password is right, and what to store instead of the old hash where its cost is not today's."""

    is_right: bool
    new_hash: str | None = None


class Passwords:
    """
    Hashes and checks passwords in threads of its own.

    Each hash takes memory: ``threads`` bounds how much of it in all, and ``waiting`` how many stand in the
    queue before others are sent away. Who calls waits for the answer; a server calls from a thread of its pool.
    """

    def __init__(self, cost: HashCost | None = None, *, threads: int = 2, waiting: int = 32) -> None:
        cost = cost or HashCost()
        self._hasher = PasswordHasher(
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            hash_len=_HASH,
            salt_len=_SALT,
            type=Type.ID,
        )
        self._decoy = _decoy(cost)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="evergrove-password")
        self._places = threading.BoundedSemaphore(threads + waiting)

    def hash(self, password: str) -> str:
        """
        What is stored of a password, its cost within.

        Raises:
            SignInBusy: Too many wait already.
        """
        return self._in_a_thread(lambda: self._hasher.hash(_spelled(password)))

    def check(self, password: str, stored: str | None) -> Verdict:
        """
        Whether a password is the stored one; without a stored one the same work is done for nothing.

        Args:
            password: As it was typed.
            stored: By ``hash``; None: there is no such account, which the time taken must not tell.

        Raises:
            SignInBusy: Too many wait already.
        """
        is_known, spelled = stored is not None and len(password) <= MOST, _spelled(password[:MOST])
        against = stored if stored is not None else self._decoy
        is_right = self._in_a_thread(lambda: self._matches(against, spelled)) and is_known
        if is_right and self._hasher.check_needs_rehash(against):
            return Verdict(is_right=True, new_hash=self.hash(password))
        return Verdict(is_right)

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown()

    def _matches(self, stored: str, spelled: str) -> bool:
        try:
            return self._hasher.verify(stored, spelled)
        except VerificationError:
            return False

    def _in_a_thread(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise SignInBusy
        try:
            return self._pool.submit(work).result()
        finally:
            self._places.release()


def check_rules(password: str) -> None:
    """
    Refuse a new password that is too easy. Length is what counts: no rules on digits and signs.

    Raises:
        PasswordRefused: It is too short, too long, or the same few characters again and again.
    """
    spelled = _spelled(password)
    if not LEAST <= len(spelled) <= MOST or len(set(spelled)) < DIFFERENT:
        raise PasswordRefused(least=LEAST, most=MOST, different=DIFFERENT)


def _spelled(password: str) -> str:
    """One spelling: two keyboards send the same letter as one character or as two. Surrogates encode nowhere."""
    return unicodedata.normalize("NFC", password).encode(errors="replace").decode()


def _decoy(cost: HashCost) -> str:
    """A hash of today's cost that no password has: checking against it takes as long as against a real one."""
    noted = f"m={cost.memory_kib},t={cost.passes},p={cost.lanes}"
    salt, hashed = (b64encode(token_bytes(size)).decode().rstrip("=") for size in (_SALT, _HASH))
    return f"$argon2id$v={ARGON2_VERSION}${noted}${salt}${hashed}"
