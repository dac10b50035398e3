"""Make, change and remove links of rooms, for those who may; each change goes through services/links/apply.py."""

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
    """A filled-in form; what is empty is told to be missing."""

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
    """What of a link becomes other; None: as it is."""

    model_config = ConfigDict(extra="forbid")

    technical_user: Text | None = None
    include_blocks: bool | None = None
    active: bool | None = None
    aliases: Text | None = None
    reinvite: bool = False


class Removal(BaseModel):
    """How a link goes."""

    model_config = ConfigDict(extra="forbid")

    give_up: bool = False


def routes(access: Access) -> APIRouter:
    """Make the routes that change links."""
    router = APIRouter(dependencies=[Depends(access.link)])

    @router.post("/room-mailboxes")
    def create(request: Request, db: Db, given: NewLink) -> JSONResponse:
        """Link a room; give the id of the room mailbox."""
        wish = replace(read_link(given.model_dump(), where="form"), new=True)
        return _answer(request, _apply(db, wish))

    @router.post("/room-mailboxes/{mailbox_id}")
    def change(request: Request, db: Db, mailbox_id: Id, given: Change) -> JSONResponse:
        """Change what may change."""
        found = find(db, mailbox_id)
        if found["removed_at"]:
            return _refuse(request, [_HISTORY])
        fields = given.model_dump(exclude_none=True)
        if given.aliases is not None:
            fields["aliases"] = given.aliases.strip() or "-"
        return _answer(request, _apply(db, _wish(found, **fields)))

    @router.post("/room-mailboxes/{mailbox_id}/removal")
    def remove(request: Request, db: Db, mailbox_id: Id, given: Removal) -> JSONResponse:
        """Begin to remove a link, or finish it although cancellations have failed."""
        found = find(db, mailbox_id)
        if found["removed_at"]:
            return _refuse(request, [_HISTORY])
        return _answer(request, _apply(db, _wish(found, operation="remove", give_up=given.give_up)))

    return router


def _wish(found: Row, **fields: object) -> LinkRequest:
    # by its address, which belongs to this link alone: the room may be gone from the booking system
    return read_link({"address": found["address"], **fields}, where="form")


def _apply(db: Database, wish: LinkRequest) -> Difference:
    return link(db, [wish], connection_type=connections.connection_type, now=datetime.now(UTC))


def _answer(request: Request, difference: Difference) -> JSONResponse:
    [outcome] = difference.outcomes
    if difference.refused:
        return _refuse(request, outcome.problems)
    mailbox = outcome.link.id if outcome.link else next(iter(difference.created.values()), None)
    return JSONResponse({"id": mailbox, "verb": outcome.verb})


def _refuse(request: Request, problems: list[Problem] | tuple[Problem, ...]) -> JSONResponse:
    word = german if language_of(request) is Language.GERMAN else english
    told = [{"field": one.field, "text": word(one.message)} for one in problems]
    return JSONResponse({"detail": {"problems": told}}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
