"""Ids, keys and words that are made of real ones, so that a careless server takes them for these or misses them."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.cases.filters import awkward_words
from conformance.cases.forged_keys import FORGERIES
from conformance.cases.resource_ids import MISSPELLINGS


def contact(first: str, last: str) -> dict[str, Any]:
    return {"id": f"con_{first}", "firstName": first, "lastName": last, "companyName": None, "email": None}


class TestIds:
    def test_a_misspelt_id_is_another_one(self) -> None:
        made = [misspelt("con_12") for misspelt in MISSPELLINGS.values()]
        assert made == ["con_1", "con_12x", "con_1_"]


class TestKeys:
    @pytest.mark.parametrize("secret", ["obk_live_ab1", "obk_live_ab_"])
    def test_a_wildcard_makes_another_key_of_the_same_length(self, secret: str) -> None:
        forged = FORGERIES["with a wildcard for its end"](secret).removeprefix("Bearer ")
        assert forged != secret
        assert len(forged) == len(secret)
        assert all(sign in ("_", own) for sign, own in zip(forged, secret, strict=True))


class TestWords:
    def test_a_word_beyond_ascii_begins_with_such_a_letter_if_one_does(self) -> None:
        found = awkward_words([contact("Zoé", "Byron"), contact("Zoé", "Mori"), contact("Émile", "Eze")])
        assert found == [("firstName", "Émile")]

    def test_a_word_is_behind_another_if_nothing_begins_with_it(self) -> None:
        assert awkward_words([contact("Mary Ann", "Byron"), contact("Ann", "Mori")]) == []
        assert awkward_words([contact("Mary Lou", "Byron"), contact("Ann", "Mori")]) == [("firstName", "Lou")]

    def test_plain_names_have_no_awkward_words(self) -> None:
        assert awkward_words([contact("Ada", "Byron")]) == []
