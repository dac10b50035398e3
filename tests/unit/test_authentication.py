"""Whether a mail comes from where it says, by what a trusted mail server found (RFC 8601)."""

import pytest

from raumpost.itip.authentication import refusal

SERVER, ROOMS = "mx.booking.example", "rooms.example"


def trusted(*headers: str, from_domain: str = ROOMS) -> bool:
    return refusal(headers, authserv_id=SERVER, domain=ROOMS, from_domain=from_domain) is None


@pytest.mark.parametrize(
    "results",
    [
        "dmarc=pass header.from=rooms.example",
        "dmarc=pass",
        "DMARC=Pass (p=reject sp=none) Header.From=Rooms.Example",
        "spf=fail smtp.mailfrom=other.example; dmarc=pass header.from=rooms.example",
        "dkim=pass (2048-bit key) header.d=rooms.example header.i=@rooms.example header.s=s1",
        "dkim=pass header.i=@rooms.example",
        "dkim=pass header.d=mail.rooms.example",
        "dkim=fail header.d=other.example; dkim=pass header.d=rooms.example",
        "spf=pass smtp.mailfrom=room-1@rooms.example",
        "spf=pass (sender; is known) smtp.mailfrom=rooms.example",
        "spf = pass smtp.mailfrom = rooms.example",
        'spf=pass reason="all; good" smtp.mailfrom=rooms.example',
        "dmarc=none header.from=rooms.example; dkim=pass header.d=rooms.example",
        "dkim/1=pass header.d=rooms.example",
    ],
)
def test_what_the_server_confirms_is_trusted(results: str) -> None:
    assert trusted(f"{SERVER}; {results}")
    assert trusted(f"{SERVER} 1; {results}")
    assert trusted(f"{SERVER.upper()};{results}")


@pytest.mark.parametrize(
    "results",
    [
        "none",
        "",
        "dmarc=fail header.from=rooms.example",
        "dmarc=fail header.from=rooms.example; dkim=pass header.d=rooms.example",
        "dmarc=pass header.from=evil.example",
        "dkim=pass header.d=evil.example",
        "dkim=pass header.d=example",
        "dkim=pass header.d=notrooms.example",
        "dkim=pass header.d=rooms.example.evil.example",
        "dkim=pass",
        "dkim=policy header.d=rooms.example",
        "spf=pass smtp.helo=rooms.example",
        "spf=pass smtp.mailfrom=evil.example",
        "spf=softfail smtp.mailfrom=rooms.example",
        "xdmarc=pass header.from=rooms.example",
        "dkim=fail (dmarc=pass header.from=rooms.example)",
        "dkim=fail (so; dmarc=pass header.from=rooms.example)",
        "dkim=fail (a (b) ; dmarc=pass) header.from=rooms.example",
        'dkim=fail reason="x; dmarc=pass header.from=rooms.example"',
        'dkim=fail reason="x\\"; dmarc=pass header.from=rooms.example"',
        'dkim=pass reason="header.d=rooms.example" header.d=evil.example',
        "dkim=fail (never closed; dmarc=pass header.from=rooms.example",
        'dkim=fail "never closed; dmarc=pass header.from=rooms.example',
        "dkim=pass header.d=evil.example header.d=rooms.example",
    ],
)
def test_what_the_server_does_not_confirm_is_not(results: str) -> None:
    assert not trusted(f"{SERVER}; {results}")


def test_another_server_does_not_count() -> None:
    assert not trusted("mx.evil.example; dmarc=pass header.from=rooms.example")
    assert not trusted(f"mx.evil.example ({SERVER}); dmarc=pass header.from=rooms.example")
    assert not trusted(f"{SERVER}.evil.example; dmarc=pass header.from=rooms.example")
    assert trusted("mx.evil.example; none", f"{SERVER}; dmarc=pass header.from=rooms.example")


def test_of_several_headers_of_the_server_only_the_topmost_counts() -> None:
    good, bad = f"{SERVER}; dmarc=pass header.from=rooms.example", f"{SERVER}; dmarc=fail header.from=rooms.example"
    assert trusted(good, bad)
    assert not trusted(bad, good)
    assert not trusted(f"{SERVER}; none", good)


def test_a_pass_of_dmarc_without_a_domain_is_about_the_from_header() -> None:
    assert not trusted(f"{SERVER}; dmarc=pass", from_domain="evil.example")


def test_a_pass_of_dmarc_for_a_domain_below_proves_nothing_for_the_room() -> None:
    """Who sends as himself from a domain below, and claims in Sender to be the room."""
    below = "students.rooms.example"
    proofs = f"dmarc=pass header.from={below}; dkim=pass header.d={below}; spf=pass smtp.mailfrom=eve@{below}"
    assert not trusted(f"{SERVER}; {proofs}", from_domain=below)
    assert not trusted(f"{SERVER}; dmarc=pass", from_domain=below)


def test_the_refusal_shows_what_the_server_found() -> None:
    header = f"{SERVER}; dmarc=fail " + "x" * 999
    said = refusal([header], authserv_id=SERVER, domain=ROOMS, from_domain=ROOMS)
    assert said == f"{SERVER} does not confirm rooms.example: {header[:300]}"


@pytest.mark.parametrize("header", ["", ";", ";;", "(", ")", '"', "\\", "=", "; =; a=; =b", "(" * 5000, '"' * 5001])
def test_no_header_stops_it(header: str) -> None:
    assert not trusted(header)
    assert not trusted(f"{SERVER};{header}")
