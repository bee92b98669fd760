"""What the filters of a list let through, computed from the members of the resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from conformance.cases.dataset import LARGEST
from conformance.cases.sampling import chooser
from conformance.oracles.usable import Resource, as_text
from conformance.outcome import NotTested

# How many words are examined to find one that some contact has and others do not.
_TRIED = 100
# How many words are made up to find one that occurs nowhere.
_MOST_WORDS = 1_000
# Lengths of words that no search has a reason to ignore.
_HANDY = range(3, 40)
# A plus stands for a space if it is decoded once too often, a percent sign begins an escape, an apostrophe ends a text in SQL.
_ESCAPED = "+%'"
_NAMES = ("firstName", "lastName", "companyName")
SEARCHED = (*_NAMES, "email")
# The filter whose member has another name. All others but `q` have their member's name.
_MEMBER_OF = {"listId": "listIds"}
_SEVERAL = "eventType"


def let_through(operation: str, filters: Mapping[str, str], resources: Iterable[Resource]) -> list[Resource]:
    """The resources that a list shows under these filters, as their members say.

    `q` is left aside; archived lists are shown only if they are asked for.
    """
    shown = list(resources)
    for name, value in _told_by(operation, filters):
        told = _rule(name, value)
        shown = [resource for resource in shown if told(resource)]
    return shown


def excluded(operation: str, filters: Mapping[str, str], resource: Resource) -> bool:
    """Whether a list under these filters may not show a resource, as its members say. A member that is missing says nothing."""
    return any(_rule(name, value)(resource) is False for name, value in _told_by(operation, filters))


def must_show(operation: str, filters: Mapping[str, str], resources: Iterable[Resource]) -> list[Resource]:
    """The resources that a list has to show under these filters; by `q` those that have it as a word or as their email."""
    shown = let_through(operation, filters, resources)
    needle = filters.get("q")
    if needle is None:
        return shown
    # Most resources do not have it in any member, which is quick to find out.
    having = [resource for resource in shown if any(needle in text_of(resource, member) for member in SEARCHED)]
    return [resource for resource in having if needle in needles(resource)]


def needles(contact: Resource) -> set[str]:
    """What `q` must find a contact by: the plain words of its names and company, and its whole email."""
    words = {word for name in _NAMES for word in _words(contact, name)}
    return words | ({text_of(contact, "email")} - {""})


def asked_of(name: str, resource: Resource) -> list[str]:
    """Values of a filter by which a resource is found."""
    return sorted(needles(resource)) if name == "q" else values_of(name, resource)


def text_of(resource: Resource, member: str) -> str:
    """A member's text; empty if it is null, missing or something else."""
    return as_text(resource.get(member))


def words_of(contacts: Sequence[Resource], member: str) -> list[str]:
    """Words by which contacts are to be found, of one member, the most telling first.

    A contact has each of these words in this member alone, so they show whether a search leaves the member out.
    """
    alone: Counter[str] = Counter()
    among: Counter[str] = Counter()
    for contact in contacts:
        others = [text_of(contact, other).casefold() for other in SEARCHED if other != member]
        for word in {text_of(contact, "email")} - {""} if member == "email" else set(_words(contact, member)):
            among[word] += 1
            folded = word.casefold()
            alone[word] += not any(folded in text for text in others)
    few = [word for word in among if among[word] <= LARGEST]
    return sorted(few, key=lambda word: (alone[word] == 0, len(word) not in _HANDY, -among[word]))


def awkward_words(contacts: Sequence[Resource]) -> list[tuple[str, str]]:
    """Words that a careless search misses, with their members: words beyond ASCII, words with which no name begins, and emails
    with a character that is escaped somewhere, or with capitals.

    Among the words beyond ASCII, one that begins with such a letter comes first: only Unicode rules change its case.
    """
    emails = words_of(contacts, "email")
    escaped = [next((email for email in emails if sign in email), "") for sign in _ESCAPED]
    capitals = next((email for email in emails if email != email.lower()), "")
    found = [("email", email) for email in (*escaped, capitals) if email]
    for member in _NAMES:
        words = words_of(contacts, member)
        firsts = {text.split()[0] for contact in contacts if (text := text_of(contact, member)).strip()}
        beyond = sorted((word for word in words if not word.isascii()), key=lambda word: word[0].isascii())
        found += [(member, word) for word in (*beyond[:1], *[word for word in words if word not in firsts][:1])]
    return list(dict.fromkeys(found))


def frequent_word(contacts: Sequence[Resource]) -> str:
    """A word of several contacts, but of so few that every search for it fits on one page; empty if there is none."""
    found: Counter[str] = Counter(
        word for contact in contacts for name in _NAMES for word in set(_words(contact, name))
    )
    texts = [" ".join(str(value) for value in contact.values()).casefold() for contact in contacts]
    shared = (word for word, count in found.most_common() if 1 < count <= LARGEST and len(word) in _HANDY)
    usable = (w for w in islice(shared, _TRIED) if sum(w.casefold() in text for text in texts) <= LARGEST)
    return next(usable, "")


def absent(contacts: Iterable[Resource], seed: int) -> str:
    """A word that occurs nowhere in the contacts. Raises NotTested if none was found."""
    return _nowhere(_made_up(seed, 16), contacts)


def _made_up(seed: int, length: int) -> Iterator[str]:
    choose = chooser(seed)
    return ("".join(choose.choices("bcdfghjklmnpqrstvwxz", k=length)) for _ in range(_MOST_WORDS))


def _nowhere(candidates: Iterable[str], contacts: Iterable[Resource]) -> str:
    """The first of some texts that occurs nowhere in the contacts. Raises NotTested if each of them occurs."""
    texts = [text for contact in contacts for text in _texts(contact)]
    for candidate in candidates:
        if not any(candidate.casefold() in text for text in texts):
            return candidate
    raise NotTested("each text that was made up occurs in the contacts")


def absent_address(contacts: Sequence[Resource], seed: int) -> str:
    """An email address of which no part occurs in the contacts."""
    user, domain, end = (absent(contacts, seed + index) for index in range(3))
    return f"{user}@{domain}.{end}"


def occurs(text: str, contact: Resource) -> bool:
    """Whether any member of a contact contains a text, its case aside."""
    return any(text.casefold() in known for known in _texts(contact))


def _texts(contact: Resource) -> list[str]:
    return [str(value).casefold() for value in contact.values() if value is not None]


def _short(contacts: Sequence[Resource], seed: int) -> str:
    """A word of two letters, too short for some indexes. Long random ids have all such words of ASCII."""
    return _nowhere(chain(_made_up(seed, 2), ("жщ", "ωψ")), contacts)


def _with_an_underscore(contacts: Sequence[Resource], _seed: int) -> str:
    """A word of the contacts with an underscore, which SQL takes for any letter, in the place of its middle one."""
    words = [word for name in _NAMES for word in words_of(contacts, name) if len(word) in _HANDY]
    return _nowhere((f"{word[: len(word) // 2]}_{word[len(word) // 2 + 1 :]}" for word in words), contacts)


WITHOUT_A_HIT: Mapping[str, Callable[[Sequence[Resource], int], str]] = {
    "a word": absent,
    "a short word": _short,
    "an address": absent_address,
    "a word with an underscore": _with_an_underscore,
    "signs alone": lambda contacts, _seed: _nowhere(("--", "!!", "??"), contacts),
}
"""Searches that find no contact, made from the contacts and a seed."""

NULLS = ("null", "None")
"""What a member that is null becomes in a text that is made without care. Somebody may have it as a name."""


def values_of(name: str, resource: Resource) -> list[str]:
    """The values of a filter that a resource has; none if the member is missing, or has a value of another type."""
    own: Any = resource.get(_MEMBER_OF.get(name, name))
    return [value for value in (own if isinstance(own, list) else [own]) if as_text(value)]


def _told_by(operation: str, filters: Mapping[str, str]) -> list[tuple[str, str]]:
    """The filters whose effect can be computed from the resources: all but `q`."""
    if operation == "listLists":
        filters = {"includeArchived": "0", **filters}
    return [(name, value) for name, value in filters.items() if name != "q"]


def _rule(name: str, value: str) -> Callable[[Resource], bool | None]:
    """Tells whether a filter lets a resource through; None if the resource lacks the member."""
    if name == "includeArchived":
        return _any if value == "1" else _unarchived
    wanted = set(value.split(",") if name == _SEVERAL else [value]) - {""}
    member = _MEMBER_OF.get(name, name)

    def told(resource: Resource) -> bool | None:
        own: Any = resource.get(member)
        if isinstance(own, str):  # the usual member, for which a run asks some hundred thousand times
            return own in wanted
        return any(each in wanted for each in values_of(name, resource)) if member in resource else None

    return told


def _any(_resource: Resource) -> bool:
    return True


def _unarchived(resource: Resource) -> bool | None:
    return not resource["archivedAt"] if "archivedAt" in resource else None


def _words(contact: Resource, member: str) -> list[str]:
    return [word for word in text_of(contact, member).split() if word.isalnum()]
