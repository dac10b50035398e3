"""Create, change and remove links of rooms, given the permission; services/links/apply.py makes each change."""

from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, StringConstraints

from raumpost.domain.linking import LinkRequest, Problem
from raumpost.domain.message import message
from raumpost.services.links.apply import Difference, link
from raumpost.services.links.parse_list import read_link
from raumpost.services.ports import Database, Row
from raumpost.texts.wording import english, german
from raumpost.web.access import Access
from raumpost.web.database import Db
from raumpost.web.language import Language, language_of
from raumpost.web.mailboxes import find
from raumpost.web.query_params import Id
from raumpost.wiring import connections

Text = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
_HISTORY = Problem(None, message("linking.history"))


class NewLink(BaseModel):
    """A form as filled in; empty fields are reported as missing."""

    model_config = ConfigDict(extra="forbid")

    room: Text = ""
    address: Text = ""
    smtp_conn_id: Text = ""
    imap_conn_id: Text = ""
    technical_user: Text = ""
    include_blocks: bool = False
    active: bool = True
    aliases: Text = ""


class Change(BaseModel):
    """The changes to a link; None leaves a value as it is."""

    model_config = ConfigDict(extra="forbid")

    technical_user: Text | None = None
    include_blocks: bool | None = None
    active: bool | None = None
    aliases: Text | None = None
    reinvite: bool = False


class Removal(BaseModel):
    """How to remove a link."""

    model_config = ConfigDict(extra="forbid")

    give_up: bool = False


def routes(access: Access) -> APIRouter:
    """Create the routes that change links."""
    router = APIRouter(dependencies=[Depends(access.link)])

    @router.post("/room-mailboxes")
    def create(request: Request, db: Db, given: NewLink) -> JSONResponse:
        """Link a room; return the id of the room mailbox."""
        link_request = replace(read_link(given.model_dump(), where="form"), new=True)
        return _answer(request, _apply(db, link_request))

    @router.post("/room-mailboxes/{mailbox_id}")
    def change(request: Request, db: Db, mailbox_id: Id, given: Change) -> JSONResponse:
        """Change a link."""
        found = find(db, mailbox_id)
        if found["removed_at"]:
            return _refuse(request, [_HISTORY])
        fields = given.model_dump(exclude_none=True)
        if given.aliases is not None:
            fields["aliases"] = given.aliases.strip() or "-"
        return _answer(request, _apply(db, _request_for(found, **fields)))

    @router.post("/room-mailboxes/{mailbox_id}/removal")
    def remove(request: Request, db: Db, mailbox_id: Id, given: Removal) -> JSONResponse:
        """Start removing a link, or finish the removal despite failed cancellations."""
        found = find(db, mailbox_id)
        if found["removed_at"]:
            return _refuse(request, [_HISTORY])
        return _answer(request, _apply(db, _request_for(found, operation="remove", give_up=given.give_up)))

    return router


def _request_for(found: Row, **fields: object) -> LinkRequest:
    # by its address, which is unique to this link: the room may no longer exist in the booking system
    return read_link({"address": found["address"], **fields}, where="form")


def _apply(db: Database, link_request: LinkRequest) -> Difference:
    return link(db, [link_request], connection_type=connections.connection_type, now=datetime.now(UTC))


def _answer(request: Request, difference: Difference) -> JSONResponse:
    [outcome] = difference.outcomes
    if difference.refused:
        return _refuse(request, outcome.problems)
    mailbox = outcome.link.id if outcome.link else next(iter(difference.created.values()), None)
    return JSONResponse({"id": mailbox, "verb": outcome.verb})


def _refuse(request: Request, problems: list[Problem] | tuple[Problem, ...]) -> JSONResponse:
    word = german if language_of(request) is Language.GERMAN else english
    shown = [{"field": one.field, "text": word(one.message)} for one in problems]
    return JSONResponse({"detail": {"problems": shown}}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
