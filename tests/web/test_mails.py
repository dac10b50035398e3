"""Mails to look at and to download, whatever they hold."""

import re

import httpx
import pytest

from tests.database import Campus
from tests.web.office import Office

HOSTILE = (
    b"From: =?utf-8?q?=3Cscript=3Ealert=281=29=3C/script=3E?= <evil@example.org>\r\n"
    b"Subject: =?utf-8?b?4oCuZ25wLmV4ZSA8aW1nIHNyYz14IG9uZXJyb3I9YWxlcnQoMSk+?=\r\n"
    b"X-Odd: \x07\x1b[31mred\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<html><body onload=alert(1)><script>alert(2)</script><form action=//evil></form></body></html>\r\n"
    b"--b\r\nContent-Type: text/calendar; method=REPLY\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"QkVHSU46VkNBTEVOREFSDQpTVU1NQVJZOjwvcHJlPjxzY3JpcHQ+YWxlcnQoMyk8L3NjcmlwdD4NCkVORDpWQ0FMRU5EQVINCg==\r\n"
    b"--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n"
)


def test_a_sent_mail_is_shown_with_its_calendar_decoded(site: httpx.Client, office: Office) -> None:
    id_ = office.sent(title="Größen & Maße")
    mail = office.campus.value("SELECT id FROM raumpost.mail")
    page = site.get(f"/mails/{mail}").text
    assert "accepted by the mail server" in page
    assert "revision 0, resend 0" in page
    assert "BEGIN:VCALENDAR" in page
    assert "Größen &amp; Maße" in page
    assert f'href="/raumpost/invitations/{id_}"' in page


def test_a_hostile_mail_is_only_text(site: httpx.Client, office: Office) -> None:
    mail = office.hear(HOSTILE)
    page = site.get(f"/mails/{mail}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page  # decoded, and escaped
    assert "&lt;body onload=alert(1)&gt;" in page
    assert "SUMMARY:&lt;/pre&gt;&lt;script&gt;" in page  # the calendar part, out of its base64
    assert not re.search(r"<(script>|img|form|body onload)", page.partition("<main")[2].partition("</main>")[0])
    assert not set("\u202e\x07\x1b") & set(page.partition("<h2>Header")[2])
    assert "3 bytes, not shown" in page
    assert page.index("text/calendar") < page.index("text/html")  # what rooms say comes first


def test_a_mail_is_downloaded_and_never_opened_by_the_browser(site: httpx.Client, office: Office) -> None:
    mail = office.hear(HOSTILE)
    answer = site.get(f"/mails/{mail}/raw")
    assert answer.content == HOSTILE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="raumpost-mail-{mail}.eml"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\0\0",
        b"\r\n\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Subject: =?utf-8?b?!!!?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=punycode\r\n\r\n\xff\xfe",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text",
    ],
)
def test_no_mail_is_too_damaged_to_look_at(site: httpx.Client, office: Office, raw: bytes) -> None:
    mail = office.hear(raw)
    assert site.get(f"/mails/{mail}").status_code == 200
    assert site.get(f"/mails/{mail}/raw").content == raw


def test_a_long_mail_is_cut_and_says_so(site: httpx.Client, office: Office) -> None:
    mail = office.hear(b"Subject: long\r\n\r\n" + b"0123456789 words\r\n" * 40_000)
    page = site.get(f"/mails/{mail}").text
    assert len(page) < 400_000
    assert page.count("Shortened here") == 2


def test_a_mail_that_does_not_exist_is_not_found(site: httpx.Client, campus: Campus) -> None:
    assert site.get("/mails/999").status_code == 404
    assert site.get("/mails/999/raw").status_code == 404
