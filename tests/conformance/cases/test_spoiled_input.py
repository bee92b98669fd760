"""Ids, keys and words that are made from real ones: a careless server confuses them with those, or misses them."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.cases.filters import awkward_words
from conformance.cases.forged_keys import FORGERIES, forged
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
        made = FORGERIES["with a wildcard for its end"](secret).removeprefix("Bearer ")
        assert made != secret
        assert len(made) == len(secret)
        assert all(sign in ("_", own) for sign, own in zip(made, secret, strict=True))

    def test_the_forgery_of_a_key_that_is_another_key_is_left_out(self) -> None:
        assert forged("last character changed", "key-A-1", ["key-A-1"]) == "Bearer key-A-2"
        assert forged("last character changed", "key-A-1", ["key-A-1", "key-A-2"]) is None
        assert forged("truncated", "key-A-10", ["key-A-1"]) is None
        assert forged("never minted, its scheme in lower case", "key_1", ["key_1", "key_2"]) is None
        assert forged("scheme ApiKey", "key-A-1", ["key-A-1"]) == "ApiKey key-A-1"


class TestWords:
    def test_a_word_beyond_ascii_begins_with_such_a_letter_if_one_does(self) -> None:
        found = awkward_words([contact("Zoé", "Byron"), contact("Zoé", "Mori"), contact("Émile", "Eze")])
        assert found == [("firstName", "Émile")]

    def test_a_word_is_behind_another_if_nothing_begins_with_it(self) -> None:
        assert awkward_words([contact("Mary Ann", "Byron"), contact("Ann", "Mori")]) == []
        assert awkward_words([contact("Mary Lou", "Byron"), contact("Ann", "Mori")]) == [("firstName", "Lou")]

    def test_plain_names_have_no_awkward_words(self) -> None:
        assert awkward_words([contact("Ada", "Byron")]) == []
