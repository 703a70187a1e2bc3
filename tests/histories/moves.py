"""Histories as Hypothesis draws them: batches of moves made at once, and time that passes between them.

A history is drawn whole, as a list, and not step by step by a ``RuleBasedStateMachine``: moves of one batch
run at the same moment, which a machine's rules cannot, and a list is drawn several times as fast. A move says
what is meant ("the right code", "the sid before"); what that is, is found out only when it is played.
"""

from dataclasses import dataclass

from hypothesis import strategies as st

FRONTS = 3
CUSTOMERS = 2

SHORT = [0] * 12 + [31] * 8 + [61] * 2 + [121] * 3 + [301, 3_601]
LONG = [0] * 12 + [31] * 4 + [61, 3_601] + [86_400] * 3
EVERYTHING = "card phone send code login challenge respond change identify begin logout".split()
THEMES = (
    (["guess"] * 9 + ["login"] * 3 + ["enter"] * 2 + ["recover"], LONG),
    (["recover"] * 12 + ["code"] * 3 + "card phone send send identify identify enter".split(), SHORT),
    (
        ["enter"] * 9 + ["login", "login", "logout", "logout", "respond", "respond", "change", "recover"],
        SHORT,
    ),
    (["enter"] * 5 + ["recover"] * 7 + ["guess"] * 3 + EVERYTHING, SHORT),
)
"""What a history is about: guesses over days, new access, coming and going, and all of it.

``enter`` and ``recover`` take the next step of whoever does everything right; the others go astray.
"""
SECRETS = ["right"] * 3 + ["wrong"] * 2 + ["another's", "before"]
SIDS = ["own"] * 12 + ["before"] * 2 + ["another's"] * 2


@dataclass(frozen=True, slots=True)
class Move:
    """One front end asks one node for something. ``claim``: an id for the request that others bring too."""

    front: int
    node: int
    act: str
    customer: int
    secret: str
    sid: str
    claim: int | None


@dataclass(frozen=True, slots=True)
class Moment:
    """So many seconds later, these at once."""

    later: int
    moves: tuple[Move, ...]


def _moves(acts: list[str]) -> st.SearchStrategy[Move]:
    return st.builds(
        Move,
        front=st.sampled_from([0, 0, 0, 1, 1, 2]),
        node=st.integers(0, 1),
        act=st.sampled_from(acts),
        customer=st.sampled_from([0, 0, 0, 1]),
        secret=st.sampled_from(SECRETS),
        sid=st.sampled_from(SIDS),
        claim=st.sampled_from([None] * 12 + [0, 1]),
    )


def _histories(acts: list[str], spells: list[int]) -> st.SearchStrategy[list[Moment]]:
    moves = st.lists(_moves(acts), min_size=1, max_size=4).map(tuple)
    moments = st.builds(Moment, later=st.sampled_from(spells), moves=moves)
    return st.lists(moments, min_size=6, max_size=12)


HISTORIES = st.one_of(*(_histories(*theme) for theme in THEMES))
