"""Putting what is needed into a configuration that is there already, and reading what stands in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.printing.spooler_configuration import (
    ConfigurationInTheWay,
    effective,
    exposed,
    merged,
    needed_of_cupsd,
    needed_of_files,
    policy_text,
    read_directives,
    section,
)

POLICY = policy_text(("worker",), ("keeper",))
STOCK = """\
# Debian's own, shortened
LogLevel warn
Listen localhost:631
Listen /run/cups/cups.sock
Browsing Yes   # shared
WebInterface\tYes
ErrorPolicy retry-job
<Location />
  Order allow,deny
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""


def test_the_templates_say_what_is_needed():
    needed = needed_of_cupsd()
    assert needed["DirtyCleanInterval"] == "0"
    assert needed["PreserveJobFiles"] == "No"
    assert needed["MultipleOperationTimeout"] == "30"
    assert "PreserveJobHistory" in needed
    assert needed_of_files({"X": "/y"}) == {"FileDevice": "No", "SyncOnClose": "Yes", "SetEnv X": "/y"}


def test_what_is_in_the_way_is_named_with_its_line_and_nothing_is_put():
    with pytest.raises(ConfigurationInTheWay) as refused:
        merged(STOCK, needed_of_cupsd(), policy=POLICY)
    assert refused.value.directives == (
        "line 5: Browsing Yes (needed: No)",
        "line 6: WebInterface Yes (needed: No)",
    )


def test_replaced_lines_stay_as_comments_and_all_else_stays_as_it_is():
    text = merged(STOCK, needed_of_cupsd(), policy=POLICY, replace=True)
    assert {name: effective(text, name) for name in needed_of_cupsd()} == dict(needed_of_cupsd())
    assert section(text, "policy default") == section(STOCK, "policy default")
    assert section(text, "policy sealed") == section(POLICY, "policy sealed")
    assert effective(text, "ErrorPolicy") == "retry-job"
    assert [each.value for each in read_directives(text) if each.name == "listen"] == [
        "localhost:631",
        "/run/cups/cups.sock",
    ]
    assert "# printserver replaced: Browsing Yes" in text


def test_putting_it_again_changes_nothing():
    once = merged(STOCK, needed_of_cupsd(), policy=POLICY, replace=True)
    assert merged(once, needed_of_cupsd(), policy=POLICY) == once


def test_a_configuration_that_says_it_all_is_left_alone():
    text = "".join(f"{name} {value}\n" for name, value in needed_of_cupsd().items()) + POLICY
    text += "<Location />\n  Order allow,deny\n</Location>\n"
    assert merged(text, needed_of_cupsd(), policy=POLICY) == text


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        ("Listen /run/cups/cups.sock", True),
        ("Listen 127.0.0.1:631", True),
        ("Listen [::1]:631", True),
        ("Listen localhost", True),
        ("Listen *:631", False),
        ("Listen 192.0.2.1:631", False),
        ("Listen localhost.example:631", False),
        ("Port 631", False),
        ("SSLPort 443", False),
        ("SSLListen *:443", False),
    ],
)
def test_listening_to_other_machines_is_in_the_way(line: str, stays: bool):
    assert (exposed(f"{line}\n") == ()) == stays
    if not stays:
        with pytest.raises(ConfigurationInTheWay, match="this machine alone"):
            merged(f"{line}\n", {}, policy=POLICY)
        assert exposed(merged(f"{line}\n", {}, policy=POLICY, replace=True)) == ()


def test_another_policy_of_our_name_is_in_the_way_as_a_whole():
    other = POLICY.replace("Require user worker", "Require valid-user")
    with pytest.raises(ConfigurationInTheWay, match="another <Policy sealed>"):
        merged(other, {}, policy=POLICY)
    text = merged(other, {}, policy=POLICY, replace=True)
    assert section(text, "policy sealed") == section(POLICY, "policy sealed")


def test_what_only_the_backend_reads_is_put_right_without_a_question():
    text = "SetEnv PRINTSERVER_DESK unix:/elsewhere\nSetEnv OTHER kept\n"
    needed = {"SetEnv PRINTSERVER_DESK": "unix:/desk"}
    assert effective(merged(text, needed, ours={"PRINTSERVER_DESK"}), "SetEnv PRINTSERVER_DESK") == "unix:/desk"
    assert effective(merged(text, needed, ours={"PRINTSERVER_DESK"}), "SetEnv OTHER") == "kept"
    with pytest.raises(ConfigurationInTheWay):
        merged(text, needed)


def test_comments_and_sections_are_not_taken_for_settings():
    text = "#Browsing Yes\n<Location /x>\n  Browsing Yes\n</Location>\n"
    assert effective(text, "Browsing") is None
    assert effective("browsing Yes\nBROWSING No\n", "Browsing") == "No"


@given(st.text(alphabet="Browsing YesNo#<>/Policy sealed\n\t", max_size=200))
def test_whatever_stands_there_the_result_has_all_that_is_needed(text: str):
    try:
        result = merged(text, {"Browsing": "No"}, replace=True)
    except ConfigurationInTheWay:
        assert "<" in text
        return
    assert effective(result, "Browsing") == "No"
    assert merged(result, {"Browsing": "No"}) == result


@pytest.mark.parametrize("text", ["<Location />\n", "</Location>\n<Location />\n", " <B"])
def test_a_section_that_is_not_closed_is_refused(text: str):
    with pytest.raises(ConfigurationInTheWay):
        merged(text, {"Browsing": "No"}, replace=True)
