"""Is there anything to judge? A few requests before the first check, and one line where there is not."""

from __future__ import annotations

from conformance.client import Caller, NoAnswer
from conformance.exchange import Exchange
from conformance.ledger import EXIT_NOT_JUDGED, EXIT_USAGE

# Operations without path parameters: one of them is served by anything that is worth judging.
_ASKED = ("getMe", "listContacts", "listLists", "listDrafts", "listEvents")


class Unfit(Exception):
    """The target cannot be judged; `exit_code` says whether it (3) or its description (4) is to blame."""

    def __init__(self, message: str, exit_code: int = EXIT_NOT_JUDGED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def preflight(caller: Caller) -> None:
    """Look for one operation that answers 200. Raises Unfit where none does, with the reason in one line."""
    answers: list[Exchange] = []
    for operation in _ASKED:
        try:
            answers.append(caller.get(operation))
        except NoAnswer as silence:
            if not answers:
                raise Unfit(str(silence)) from None
            continue
        if answers[-1].status == 200:
            return
    raise _diagnosis(answers)


def _diagnosis(answers: list[Exchange]) -> Unfit:
    first = answers[0]
    statuses = {answer.status for answer in answers}
    if statuses == {401}:
        key = first.request.credential.shown if first.request.credential else "none"
        return Unfit(f"every operation answers 401: the target does not know the API key {key}", EXIT_USAGE)
    if statuses <= set(range(300, 400)):
        where = first.headers.get("location", "nowhere")
        return Unfit(
            f"every operation redirects, {first.request.target} to {where}: a login page, or the wrong address?"
        )
    if statuses == {404}:
        return Unfit(
            f"every operation answers 404: no Outbound API under {first.url.removesuffix(first.request.target)}"
        )
    if statuses == {429}:
        return Unfit("every operation answers 429, after waiting too: the API key's allowance is spent")
    if all(status >= 500 for status in statuses):
        return Unfit(f"every operation answers a server error ({', '.join(map(str, sorted(statuses)))})")
    return Unfit(f"no operation answers 200, but {', '.join(map(str, sorted(statuses)))}")
