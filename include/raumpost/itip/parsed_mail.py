"""A mail taken apart for the reader: header, parts and texts are each decoded once.

Reading goes one way: `mime` takes the octets apart, this holds the pieces, `calendar`, `tnef`, `automatic` and `bounce`
each recognise one kind of mail by them, and `parse` decides which of these counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from functools import cached_property

from raumpost.itip import mime
from raumpost.itip.charsets import decode


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """A part of a mail that holds no others: a text, a file, or a returned mail, which stays closed."""

    message: "Message[str, str]" = field(repr=False)
    content_type: str
    """In lower case, without parameters."""
    charset: str | None
    """What the part claims, in lower case."""
    file_name: str
    """In lower case; empty: none."""

    @property
    def method(self) -> str:
        """Return the iTIP method that the type announces, in upper case; empty: none."""
        return mime.parameter(self.message, "method").upper()

    @property
    def is_attachment(self) -> bool:
        """Return whether it is to be saved rather than shown."""
        return self.message.get_content_disposition() == "attachment"

    @cached_property
    def octets(self) -> bytes:
        """Return the content, without its transfer encoding."""
        return mime.octets(self.message)

    @cached_property
    def text(self) -> str:
        """Return the content in words."""
        return decode(self.octets, self.charset)

    @cached_property
    def enclosed(self) -> "Sequence[Message[str, str]]":
        """Return the mail inside, or the blocks of fields of a delivery status."""
        return mime.enclosed(self.message)


@dataclass(frozen=True, kw_only=True, eq=False)
class ParsedMail:
    """One mail."""

    message: "Message[str, str]" = field(repr=False)
    subject: str
    """In plain words; empty: none."""
    senders: Sequence[str]
    """Bare addresses of From and Sender, in lower case, the one that counts most first."""
    message_id: str | None
    in_reply_to: str | None
    date: datetime | None
    own_parts: Sequence[Part]
    """What the sender himself wrote, never what is in a returned or forwarded mail (INTEROP R1)."""
    all_parts: Sequence[Part]
    """The parts of a report too; a returned or forwarded mail is one of them."""

    @cached_property
    def report_type(self) -> str:
        """Return that of a multipart/report (RFC 6522), in lower case; empty: it is none."""
        return mime.report_type(self.message)

    def header(self, name: str) -> str:
        """Return another header field in plain words on one line; empty: there is none."""
        return mime.header(self.message, name)

    def __contains__(self, name: str) -> bool:
        return name in self.message

    @cached_property
    def own_text(self) -> str:
        """Return the first text part that the sender himself wrote; empty: there is none."""
        texts = (part.text.strip() for part in self.own_parts if part.content_type == "text/plain")
        return next((text for text in texts if text), "")


def take_apart(message: "Message[str, str]") -> ParsedMail:
    """Return a mail with what every reader asks for decoded; contents are decoded where somebody asks."""
    leaves = list(mime.leaves(message))
    own = [part for part, is_own in leaves if is_own][: mime.MAX_PARTS]
    every = [part for part, _ in leaves][: mime.MAX_PARTS]
    parts = {number: _part(part) for number, part in {id(one): one for one in (*own, *every)}.items()}
    return ParsedMail(
        message=message,
        subject=mime.header(message, "Subject"),
        senders=mime.addresses(message, "From", "Sender"),
        message_id=mime.message_id(message),
        in_reply_to=mime.message_id(message, "In-Reply-To"),
        date=mime.date(message),
        own_parts=[parts[id(part)] for part in own],
        all_parts=[parts[id(part)] for part in every],
    )


def _part(message: "Message[str, str]") -> Part:
    return Part(
        message=message,
        content_type=mime.content_type(message),
        charset=message.get_content_charset(),
        file_name=(message.get_filename() or "").lower(),
    )
