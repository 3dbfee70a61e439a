"""What an application takes over of the template that its document was made of."""

from __future__ import annotations

from printserver.documents.template_store import built_in_templates
from printserver.web.template_form import TypedTemplate

SALES = built_in_templates()["sales-contract"].description


def test_number_amount_and_the_other_party_are_taken_over():
    typed = TypedTemplate.of_values(SALES, SALES.sample)
    wish = typed.application(SALES, "zh", own=SALES.sample["seller"]["name"])
    assert (wish.title, wish.own_reference) == ("买卖合同 MM-2026-0718", "MM-2026-0718")
    assert (wish.amount, wish.currency, wish.class_code) == ("1286400.00", "CNY", "general")
    (party,) = wish.parties
    assert (party[1], party[2]) == ("上海远航机械制造有限公司", "91310115MA1K4E2X3T")


def test_an_empty_template_gives_an_application_without_them():
    wish = TypedTemplate.of_values(SALES, {}).application(SALES, "en", own="")
    assert (wish.title, wish.own_reference, wish.amount, wish.parties) == ("Sales contract", "", "", [])


def test_a_party_is_called_what_its_number_says():
    kinds = {}
    for number in ("", "11010519491231002X", "91350100M000100Y43", "HRB 1234"):
        typed = TypedTemplate.of_values(SALES, {"buyer": {"name": "某某", "number": number}})
        ((kind, *_),) = typed.application(SALES, "zh", own="").parties
        kinds[number] = str(kind)
    assert list(kinds.values()) == ["company", "person", "company", "other"]
