"""What a move means as things stand: which sid it brings, whose name, and which secret."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.front_end import Keys
from tests.histories.asked import Asked
from tests.histories.moves import FRONTS, Move
from tests.histories.state import NIP, Session, State
from tests.recovery_front_end import wrong_code

from aldaba.crypto import ocra

SUITE = "OCRA-1:HOTP-SHA256-8:QN08-T1M"
SEED = b"1" * 32
STEP_SECONDS = 60
ANY_CODE = "12345678"
APPLICATION_OF = (0, 0, 1)
"""Two front ends of one application, and one of another."""


@dataclass(frozen=True, slots=True)
class Handle:
    """A session as its front end holds it; ``line`` says which of a customer's phones it brings."""

    label: str
    sid: str
    keys: Keys
    line: int


@dataclass(slots=True)
class Memory:
    """What the front ends of one history have come to know."""

    handles: list[list[Handle]] = field(default_factory=lambda: [[] for _ in range(FRONTS)])
    questions: dict[str, list[str]] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    asked: int = 0
    passwords: int = 0

    def handle(self, move: Move) -> Handle:
        """The sid that this move brings."""
        own, others = self.handles[move.front], self.handles[(move.front + 1) % FRONTS]
        if move.sid == "another's":
            return others[-1]
        return own[-2] if move.sid == "before" and len(own) > 1 else own[-1]


@dataclass(frozen=True, slots=True)
class Meaning:
    """Turns moves into requests. ``state`` is one way things may stand; ``phones`` by customer and line."""

    memory: Memory
    state: State
    phones: tuple[tuple[str, ...], ...]
    now: datetime

    def of(self, move: Move) -> tuple[Asked, Handle | None]:
        """The request, and the session it is sent in; None where it opens one."""
        if not self.memory.handles[move.front]:
            return self._begin(move), None
        handle = self.memory.handle(move)
        session = self.state.session(handle.label)
        act = self._act(move, session)
        if act == "begin" or session is None:
            return self._begin(move), None
        asked = {
            "login": self._login,
            "respond": self._respond,
            "card": self._card,
            "phone": self._phone,
            "send": self._send,
            "new access": self._new_access,
            "change": self._change,
        }.get(act, self._plain)
        return asked(move, session, handle, act), handle

    def _act(self, move: Move, session: Session | None) -> str:
        """The next right step, or the one astray."""
        over = session is None or not session.alive(self.now.timestamp())
        if over and move.sid == "own" and move.act in {"enter", "recover", "guess", "code"}:
            return "begin"
        named = {"guess": "login", "code": "new access"}.get(move.act, move.act)
        if named not in {"enter", "recover"} or session is None:
            return named
        if session.customer is None:
            return "identify"
        return self._entering(session) if named == "enter" else self._recovering(session)

    def _entering(self, session: Session) -> str:
        if not session.authenticated:
            return "login"
        if self.now.timestamp() < session.strong_until:
            return "change"
        return "challenge" if session.question is None else "respond"

    def _recovering(self, session: Session) -> str:
        if not session.card:
            return "card"
        if session.phone is None:
            return "phone"
        live = session.code.value is not None and self.now.timestamp() < session.code.expires
        return "new access" if live else "send"

    def _asked(self, move: Move, act: str, **more: object) -> Asked:
        self.memory.asked += 1
        number = self.memory.asked
        claim = f"request {number}" if move.claim is None else f"shared {move.claim}"
        facts = {"session": "", "fresh": f"session {number:03d}", "customer": move.customer} | more
        return Asked(act=act, application=APPLICATION_OF[move.front], request_id=claim, **facts)  # type: ignore[arg-type]  # by name

    def _begin(self, move: Move) -> Asked:
        return self._asked(move, "begin")

    def _plain(self, move: Move, session: Session, handle: Handle, act: str) -> Asked:  # noqa: ARG002 - like the others
        return self._asked(move, act, session=handle.label)

    def _named(self, move: Move, session: Session) -> int:
        """The customer of the session; another one who is meant to go astray."""
        named = move.customer if session.customer is None else session.customer
        return 1 - named if move.secret == "another's" and move.act not in {"enter", "recover"} else named

    def _secret(self, move: Move) -> str:
        if move.act in {"enter", "recover"}:
            return "right"
        return "wrong" if move.act == "guess" else move.secret

    def _login(self, move: Move, session: Session, handle: Handle, act: str) -> Asked:
        named = self._named(move, session)
        right = self._secret(move) != "wrong"
        password = self.state.customers[named].password if right else f"malo{self.memory.asked:02d}clave"
        return self._asked(move, act, session=handle.label, customer=named, given=password)

    def _respond(self, move: Move, session: Session, handle: Handle, act: str) -> Asked:
        questions = self.memory.questions.get(handle.label) or [ANY_CODE]
        question = questions[0] if move.secret == "before" else questions[-1]
        steps = int(self.now.timestamp()) // STEP_SECONDS
        shown = ocra.response(ocra.parse_suite(SUITE), SEED, question=question, timestamp_steps=steps)
        right = self._secret(move) != "wrong"
        given = shown if right else wrong_code(shown)
        named = session.customer or 0
        more = {"customer": named, "given": given, "right": right, "question": question}
        return self._asked(move, act, session=handle.label, **more)

    def _change(self, move: Move, session: Session, handle: Handle, act: str) -> Asked:
        named = session.customer or 0
        return self._asked(move, act, session=handle.label, customer=named, fresh=self._password())

    def _card(self, move: Move, session: Session, handle: Handle, act: str) -> Asked:
        nip = "9999" if self._secret(move) == "wrong" else NIP
        return self._asked(move, act, session=handle.label, customer=self._named(move, session), given=nip)

    def _phone(self, move: Move, session: Session, handle: Handle, act: str) -> Asked:
        named = self._named(move, session)
        whose = 1 - named if self._secret(move) == "wrong" else named
        phone = self.phones[whose][handle.line]
        return self._asked(move, act, session=handle.label, customer=named, phone=phone)

    def _send(self, move: Move, session: Session, handle: Handle, act: str) -> Asked:
        named = self._named(move, session)
        phone = self.phones[named][handle.line]
        return self._asked(move, act, session=handle.label, customer=named, phone=phone)

    def _new_access(self, move: Move, session: Session, handle: Handle, act: str) -> Asked:
        own = session.code.value or ANY_CODE
        strangers = [each.code.value for each in self.state.sessions if each.label != session.label]
        given = {
            "right": own,
            "wrong": wrong_code(own),
            "another's": next((code for code in strangers if code), ANY_CODE),
            "before": next((code for code in self.memory.codes if code != own), ANY_CODE),
        }[self._secret(move)]
        named = session.customer if session.customer is not None else move.customer
        more = {"customer": named, "given": given, "fresh": self._password()}
        return self._asked(move, act, session=handle.label, **more)

    def _password(self) -> str:
        self.memory.passwords += 1
        return f"puente{self.memory.passwords:02d}rojo"
