"""Templates: what is filled in stays data, what is wrong is named, and a template reaches nothing but fonts."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest

from printserver.documents.handing_in import HandInRules
from printserver.documents.template_making import make, make_document, try_out
from printserver.documents.template_schema import TemplateMalformed, read_description
from printserver.documents.template_setting import set_template
from printserver.documents.template_store import built_in_templates, check_sources
from printserver.documents.template_values import ValuesWrong, check_values, spelt_out
from printserver.print_requests.amounts_said import read_amount
from tests.sealed_store import sealed_store
from tests.unit.documents.template_samples import DESCRIPTION, SOURCE

OWNER = uuid4()
PAYLOADS = (
    '#read("/etc/passwd")',
    "#{ while true {} }",
    "] #panic() [",
    '") #import "@preview/x:0.1.0"',
    "$ sum $ *bold* _x_ \\ // /* <label> @ref",
    "<script>alert(1)</script>",
    '{"json": true}',
    "{{ 7 * 7 }} ${7 * 7} %s %n",
)


def described(**changed: Any) -> Any:
    return read_description({**DESCRIPTION, **changed})


def text_of(pdf: bytes) -> str:
    return subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def test_whatever_is_typed_is_set_as_it_was_typed():
    source = (
        "#let data = json(bytes(sys.inputs.data))\n"
        '#set text(font: "DejaVu Sans Mono")\n#for each in data.said [#each #pagebreak(weak: true)]'
    )
    pdf = set_template({"en.typ": source}, "en", {"said": list(PAYLOADS)}, trusted=False)
    pages = [" ".join(page.split()) for page in text_of(pdf).split("\f") if page.strip()]
    assert pages == [" ".join(each.split()) for each in PAYLOADS]


@pytest.mark.parametrize(
    "source",
    [
        '#read("/etc/passwd")',
        '#read("../../../../etc/passwd")',
        '#image("/etc/hostname")',
        '#import "@preview/cetz:0.3.0"',
        '#plugin("/usr/lib/x.wasm")',
        "#unknown",
    ],
)
def test_a_template_reaches_neither_files_nor_packages(source: str):
    with pytest.raises(TemplateMalformed):
        set_template({"en.typ": source}, "en", {}, trusted=False)


def test_what_sets_templates_opens_no_file_whoever_made_the_template(tmp_path: Path):
    (tmp_path / "other").write_text("there")
    for trusted in (True, False):
        program = f"""
from printserver.documents.template_process import confine
confine(trusted={trusted})
open({str(tmp_path / "other")!r})
"""
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert "PermissionError" in said.stderr.splitlines()[-1]


def test_a_confined_process_has_no_network_and_no_file_but_those_it_was_given(tmp_path: Path):
    (tmp_path / "given").write_text("here")
    (tmp_path / "other").write_text("there")
    signer = socket.socket(socket.AF_UNIX)
    signer.bind(str(tmp_path / "signer"))
    signer.listen()
    program = f"""
import socket
from tests.sealed_store import sealed_store
from printserver.foundation.confinement import give_up_files, give_up_networks
give_up_networks()
give_up_files(reading=["/usr/lib", {str(tmp_path / "given")!r}])
print(open({str(tmp_path / "given")!r}).read())
socket.socket(socket.AF_UNIX).close()
for refused in (
    lambda: socket.socket(socket.AF_INET), lambda: socket.socket(socket.AF_INET6),
    lambda: open({str(tmp_path / "other")!r}), lambda: open({str(tmp_path / "given")!r}, "w"),
    lambda: socket.socket(socket.AF_UNIX).connect({str(tmp_path / "signer")!r}),
):
    try:
        refused()
    except PermissionError:
        print("refused")
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert said.stdout.split() == ["here", *["refused"] * 5], said.stderr
    signer.close()
    socket.socket(socket.AF_INET).close()


@pytest.mark.parametrize("code", sorted(built_in_templates()))
def test_every_template_of_the_product_sets_its_sample_in_each_language(code: str, tmp_path: Path):
    template = built_in_templates()[code]
    assert read_description(json.loads(json.dumps(template.description.to_json()))) == template.description
    language = template.description.languages[len(code) % 2]
    objects, sample = sealed_store(tmp_path), template.description.sample_in(language)
    handed = make_document(objects, template, language, sample, read_amount, HandInRules())
    assert handed.findings.open_questions == frozenset()
    assert handed.findings.made_from is not None
    assert not handed.safe.fonts_not_embedded
    handed.keep(objects, OWNER)
    kept = json.loads(objects.get(handed.findings.made_from.data_sha256, OWNER))
    assert kept["values"] == check_values(template.description, sample, read_amount)


@pytest.mark.parametrize("code", sorted(built_in_templates()))
def test_samples_are_in_the_language_of_the_text(code: str):
    description = built_in_templates()[code].description
    assert json.dumps(description.sample_in("en"), ensure_ascii=False).isascii()
    assert not json.dumps(description.sample_in("zh"), ensure_ascii=False).isascii()
    check_values(description, description.sample_in("en"), read_amount)


def test_there_are_templates_for_loans_sales_powers_and_certificates_in_both_languages():
    found = built_in_templates()
    assert set(found) >= {"loan-contract", "sales-contract", "power-of-attorney", "certificate"}
    assert all(each.description.languages == ("zh", "en") for each in found.values())


def test_only_an_amount_that_is_said_in_capitals_is_announced_so(tmp_path: Path):
    template = built_in_templates()["sales-contract"]
    for currency, said in (("CNY", 2), ("USD", 0)):
        total = {"amount": "1286400.00", "currency": currency}
        given = {**template.description.sample_in("zh"), "total": total}
        pdf = pypdfium2.PdfDocument(make(sealed_store(tmp_path), template, "zh", given, read_amount).pdf)
        assert "".join(page.get_textpage().get_text_range() for page in pdf).count("（大写") == said
        pdf.close()


def test_amounts_and_dates_are_said_in_words():
    loan = built_in_templates()["loan-contract"].description
    values = check_values(loan, {**loan.sample, "principal": "1,286,400.50"}, read_amount)
    said = spelt_out(loan, values, "zh", read_amount)
    assert said["principal"]["capitals"] == "人民币壹佰贰拾捌万陆仟肆佰元伍角整"
    assert said["begins"] == {"iso": "2026-12-01", "zh": "2026年12月1日", "en": "1 December 2026"}
    assert said["repayment"]["words"] == "按月付息、到期还本"


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"number": ""}, "number"),
        ({"number": "x" * 61}, "number"),
        ({"number": "a\u202eb"}, "number"),
        ({"day": "2026-02-30"}, "day"),
        ({"rate": "four"}, "rate"),
        ({"principal": "-1"}, "principal"),
        ({"principal": {"amount": "1", "currency": "XXX"}}, "principal"),
        ({"repayment": "never"}, "repayment"),
        ({"lender": {"name": ""}}, "lender.name"),
        ({"lender": {"nonsense": "1"}}, "lender"),
        ({"unknown": "1"}, "unknown"),
        ({"number": ["a"]}, "number"),
    ],
)
def test_what_cannot_be_used_is_named(changed: dict[str, Any], wrong: str):
    loan = built_in_templates()["loan-contract"].description
    with pytest.raises(ValuesWrong) as refused:
        check_values(loan, {**loan.sample, **changed}, read_amount)
    assert wrong in refused.value.fields


def test_rows_of_a_table_are_checked_cell_by_cell():
    sale = built_in_templates()["sales-contract"].description
    goods = [*sale.sample["goods"], {"item": "x", "quantity": "1", "price": "1", "sum": "many", "more": "1"}]
    with pytest.raises(ValuesWrong) as refused:
        check_values(sale, {**sale.sample, "goods": goods}, read_amount)
    assert refused.value.fields == {"goods.4.sum", "goods.4.more"}
    with pytest.raises(ValuesWrong):
        check_values(sale, {**sale.sample, "goods": []}, read_amount)


def test_an_empty_row_before_a_wrong_one_does_not_change_which_row_is_named():
    sale = built_in_templates()["sales-contract"].description
    empty, wrong = dict.fromkeys(("item", "quantity", "price", "sum"), ""), {**sale.sample["goods"][0], "sum": "many"}
    with pytest.raises(ValuesWrong) as refused:
        check_values(sale, {**sale.sample, "goods": [empty, wrong]}, read_amount)
    assert refused.value.fields == {"goods.1.sum"}


@pytest.mark.parametrize("typed", ["2026-12-1", "2026/12/01", "2026.12.1", "2026年12月1日", "2026/12/\uff11"])
def test_a_day_is_kept_in_one_form_however_it_was_typed(typed: str):
    loan = built_in_templates()["loan-contract"].description
    assert check_values(loan, {**loan.sample, "begins": typed}, read_amount)["begins"] == "2026-12-01"


def test_numbers_may_be_typed_in_full_width_digits_and_an_amount_may_be_nothing_at_all():
    loan = built_in_templates()["loan-contract"].description
    values = check_values(loan, {**loan.sample, "rate": "\uff14\uff0e\uff15", "principal": 0}, read_amount)
    assert (values["rate"], values["principal"]["amount"]) == ("4.5", "0.00")


@pytest.mark.parametrize(
    "changed",
    [
        {"languages": []},
        {"languages": ["fr"]},
        {"fields": []},
        {"fields": [{"name": "A", "label": {"zh": "a", "en": "a"}}]},
        {"fields": [{"name": "a", "label": {"zh": "a"}}]},
        {"fields": [{"name": "a", "label": {"zh": "a", "en": "a"}, "kind": "program"}]},
        {"fields": [{"name": "a", "label": {"zh": "a", "en": "a"}, "surprise": 1}]},
        {"name": "only one"},
        {"class_code": "../x"},
    ],
)
def test_a_description_that_means_nothing_is_refused(changed: dict[str, Any]):
    with pytest.raises(TemplateMalformed):
        described(**changed)


def test_an_own_template_is_tried_with_its_sample():
    description = described()
    files = check_sources(description, {"en.typ": SOURCE})
    assert "1,234.50" in text_of(try_out(description, files, read_amount)["en"])
    with pytest.raises(TemplateMalformed):
        try_out(described(sample={}), files, read_amount)
    for wrong in ({}, {"zh.typ": SOURCE}, {"en.typ": SOURCE, "../x.typ": ""}, {"en.typ": "x" * 200_001}):
        with pytest.raises(TemplateMalformed):
            check_sources(description, wrong)
