"""Organizations, added with made-up data and deleted with all that is theirs: forms of the overview and the data browser."""

from __future__ import annotations

from starlette.responses import Response

from mockserver.console.notices import Notice
from mockserver.console.visit import Route, Visit, objection

PATH = "/organizations"


async def _add(visit: Visit) -> Response:
    body = {"name": visit.form.text("name"), "contacts": visit.form.whole("contacts")}
    status, answer = await visit.call("POST", "/_mock/organizations", body)
    if status >= 400:
        return visit.redirect("", Notice(objection(answer), bad=True))
    return visit.redirect("/data/contacts", Notice("The organization is added."), organization=answer["id"])


async def _delete(visit: Visit) -> Response:
    path = f"/_mock/organizations/{visit.parameters['id']}"
    return await visit.change("DELETE", path, None, "", "The organization is deleted, with its keys and endpoints.")


ROUTES = (Route("POST", PATH, _add), Route("POST", f"{PATH}/{{id}}/delete", _delete))
