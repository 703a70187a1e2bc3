"""Single acts in the portal's pages: vectors, search, light and dark, and reading without a script."""

from tests.examples.served_bank import Served
from tests.web.addresses import PORTAL
from tests.web.browsing import browse

from aldaba.portal.guide import every_vector


def test_every_vector_holds_in_the_page(bank: Served) -> None:
    told = browse("visits", bank.url, act="vectors")
    assert told == {
        "faults": [],
        "verdict": f"{len(every_vector())} / {len(every_vector())}",
        "good": len(every_vector()),
    }
    assert len(every_vector()) == 3 + 7 + 16 + 4 + 5 + 1


def test_a_wrong_vector_is_told(bank: Served) -> None:
    assert browse("visits", bank.url, act="altered")["good"] == len(every_vector()) - 1


def test_errors_are_found_while_typing(bank: Served) -> None:
    told = browse("visits", bank.url, act="search")
    assert told["shown"] == ["/docs/errors/login/401/8006?lang=en"]
    assert told["count"] == "1"
    assert told["faults"] == []


def test_a_look_chosen_by_hand_stays(bank: Served) -> None:
    assert browse("visits", bank.url, act="theme") == {"faults": [], "before": "light", "after": "dark"}


def test_reading_needs_no_script(bank: Served) -> None:
    paths = [address.path for address in PORTAL if address.status == 200]
    told = browse("visits", bank.url, act="scriptless", paths=paths)
    assert all(length > 300 for length in told["told"].values()), told["told"]
    assert 0 < told["found"] < 10
    assert "q=8006" in told["address"]
