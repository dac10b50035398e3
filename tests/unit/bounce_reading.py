"""How a test reads a bounce."""

from raumpost.itip.parse import read
from raumpost.itip.reading import Reading
from tests.replies import multipart, storable

OURS = "<event-7.2.0@raumpost>"


HEAD = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: tech@booking.example
Subject: Undelivered Mail Returned to Sender
Date: Mon, 04 May 2026 14:30:20 +0200
Message-ID: <bounce-1@mx.example>
"""


def report(*parts: str, head: str = HEAD, kind: str = "report; report-type=delivery-status") -> Reading:
    reading = read(multipart(kind, *parts, head=head))
    assert reading.error is None
    assert storable(reading)
    return reading
