"""The grade of the clients so far: for each key, the evidence on each requirement with the requests that show it."""

from __future__ import annotations

from starlette.responses import Response

from mockserver.console.visit import Gone, Route, Visit, objection

PATH = "/grade"


async def _show(visit: Visit) -> Response:
    return visit.page("grade.html", graded=await _graded(visit))


async def _parts(visit: Visit) -> Response:
    return visit.fragment("grades.html", graded=await _graded(visit))


async def _graded(visit: Visit) -> object:
    status, answer = await visit.call("GET", "/_mock/grade")
    if status >= 400:
        raise Gone(objection(answer))
    return answer["data"]


ROUTES = (Route("GET", PATH, _show), Route("GET", f"{PATH}/now", _parts))
