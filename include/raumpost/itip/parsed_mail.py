"""A mail taken apart for the reader: header, parts and texts are each decoded once, and only where somebody asks.

Reading goes one way: `mime` takes the octets apart, this holds the pieces, `calendar`, `tnef`, `automatic` and `bounce`
each recognise one kind of mail by them, and `parse` decides which of these counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
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

    @cached_property
    def octets(self) -> bytes:
        """Return the content, without its transfer encoding."""
        return mime.octets(self.message)

    @cached_property
    def text(self) -> str:
        """Return the content in words."""
        return decode(self.octets, self.charset)

    @property
    def charset(self) -> str | None:
        """Return what the part claims, in lower case."""
        return self.message.get_content_charset()

    @property
    def file_name(self) -> str:
        """Return the name that the sender gave it, in lower case; empty: none."""
        return (self.message.get_filename() or "").lower()

    @property
    def is_attachment(self) -> bool:
        """Return whether it is to be saved rather than shown."""
        return self.message.get_content_disposition() == "attachment"

    @cached_property
    def enclosed(self) -> "Sequence[Message[str, str]]":
        """Return the mail inside, or the blocks of fields of a delivery status."""
        return mime.enclosed(self.message)

    def parameter(self, name: str) -> str:
        """Return a parameter of the type; empty: there is none."""
        return mime.parameter(self.message, name)


@dataclass(frozen=True, kw_only=True, eq=False)
class ParsedMail:
    """One mail."""

    message: "Message[str, str]" = field(repr=False)
    _headers: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, raw: bytes) -> "ParsedMail":
        """Parse a mail within the bounds of `mime`."""
        return cls(message=mime.parse_mail(raw))

    def header(self, name: str) -> str:
        """Return a header field in plain words on one line; empty: there is none."""
        if name not in self._headers:
            self._headers[name] = mime.header(self.message, name)
        return self._headers[name]

    def headers(self, name: str) -> Sequence[str]:
        """Return all header fields of this name, each on one line, not decoded."""
        return mime.headers(self.message, name)

    def __contains__(self, name: str) -> bool:
        return name in self.message

    @property
    def subject(self) -> str:
        """Return the Subject."""
        return self.header("Subject")

    @cached_property
    def senders(self) -> Sequence[str]:
        """Return the bare addresses of From and Sender, in lower case, the one that counts most first."""
        return self.addresses("From", "Sender")

    def addresses(self, *names: str) -> Sequence[str]:
        """Return the bare addresses in these header fields, in lower case."""
        return mime.addresses(self.message, *names)

    def message_id(self, name: str = "Message-ID") -> str | None:
        """Return the first message identifier of a header field."""
        return mime.message_id(self.message, name)

    @cached_property
    def report_type(self) -> str:
        """Return the report-type of a multipart/report (RFC 6522), in lower case; empty: it is none."""
        return mime.report_type(self.message)

    @cached_property
    def _leaves(self) -> Sequence[tuple[Part, bool]]:
        return [
            (Part(message=part, content_type=mime.content_type(part)), is_own)
            for part, is_own in mime.leaves(self.message)
        ]

    @cached_property
    def own_parts(self) -> Sequence[Part]:
        """Return the parts that the sender himself wrote, never those of a returned or forwarded mail (INTEROP R1)."""
        return [part for part, is_own in self._leaves if is_own][: mime.MAX_PARTS]

    @cached_property
    def all_parts(self) -> Sequence[Part]:
        """Return those of a report too; a returned or forwarded mail is one of them."""
        return [part for part, _ in self._leaves][: mime.MAX_PARTS]

    @cached_property
    def own_text(self) -> str:
        """Return the first text part that the sender himself wrote; empty: there is none."""
        texts = (part.text.strip() for part in self.own_parts if part.content_type == "text/plain")
        return next((text for text in texts if text), "")
