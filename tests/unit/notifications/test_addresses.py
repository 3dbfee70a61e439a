"""No address, in whatever notation, leads a webhook into networks that only this server can reach."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printserver.notifications.addresses import AddressRefused, AddressRules, read_endpoint, require_allowed

RULES = AddressRules()
INSIDE = AddressRules(networks=(ip_network("10.20.0.0/16"), ip_network("fd00:20::/32")))


@pytest.mark.parametrize(
    "url",
    [
        "http://oa.example.com/",
        "ftp://oa.example.com/",
        "https://oa.example.com:22/",
        "https://oa.example.com:80/",
        "https://oa.example.com:0/",
        "https://oa.example.com:99999/",
        "https://user@oa.example.com/",
        "https://user:secret@oa.example.com/",
        "https://oa.example.com@127.0.0.1/",
        "https://oa.example.com/#part",
        "https://oa.example.com\\@127.0.0.1/",
        "https://oa.example.com/a b",
        "https://oa.example.com/\r\nHost: inside",
        "https://oa.example.com\n",
        " https://oa.example.com/",
        "https:///hooks",
        "https://",
        "https://oa..example.com/",
        "https://-oa.example.com/",
        "https://oa.example.com./",
        "https://打印.example/",
        "https://ⓔxample.com/",
        "https://%6c%6fcalhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.1./",
        "https://00127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0.0.0.0/",
        "https://0/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00::1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://[2001:db8::1]/",
        "https://[::1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://100.64.0.1/",
        "https://198.18.0.1/",
        "https://192.0.2.1/",
        "https://oa.example.com/" + "a" * 500,
    ],
)
def test_an_address_that_could_lead_inside_is_refused(url: str):
    with pytest.raises(AddressRefused):
        read_endpoint(url, RULES)


def test_a_public_name_is_taken_with_its_path():
    read = read_endpoint("https://OA.example.com:8443/hooks?for=printing&x=%20", RULES)
    assert (read.scheme, read.host, read.port, read.target) == (
        "https", "oa.example.com", 8443, "/hooks?for=printing&x=%20",
    )  # fmt: skip
    assert read.authority == "oa.example.com:8443"
    assert read_endpoint("https://oa.example.com", RULES).authority == "oa.example.com"
    assert read_endpoint("https://oa.example.com", RULES).target == "/"


@pytest.mark.parametrize("name", ["localhost", "printserver", "a.b.internal", "xn--0zwm56d.example"])
def test_a_name_may_be_anything_because_what_it_means_is_checked(name: str):
    assert read_endpoint(f"https://{name}/", RULES).literal is None


@pytest.mark.parametrize(
    "addresses",
    [
        [],
        ["127.0.0.1"],
        ["::1"],
        ["93.184.215.14", "10.0.0.1"],
        ["10.0.0.1", "93.184.215.14"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["fe80::1%eth0"],
        ["not an address"],
        ["2130706433"],
    ],
)
def test_one_address_inside_is_enough_to_refuse_a_name(addresses: list[str]):
    with pytest.raises(AddressRefused):
        require_allowed(addresses, RULES)


def test_public_addresses_are_allowed():
    allowed = require_allowed(
        ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"], RULES
    )
    assert allowed[0] == allowed[2] == ip_address("93.184.215.14")


@given(st.ip_addresses())
def test_nothing_is_allowed_that_the_library_calls_inside(address):
    try:
        (allowed,) = require_allowed([str(address)], RULES)
    except AddressRefused:
        return
    assert allowed.is_global
    insides = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_reserved", "is_unspecified")
    assert not [name for name in insides if getattr(allowed, name)]


def test_the_operator_may_name_networks_of_the_company():
    assert require_allowed(["10.20.3.4"], INSIDE)
    assert require_allowed(["::ffff:10.20.3.4"], INSIDE)
    assert read_endpoint("https://10.20.3.4/", INSIDE).literal == ip_address("10.20.3.4")
    assert read_endpoint("https://[fd00:20::1]/", INSIDE).authority == "[fd00:20::1]"
    for outside in ("https://10.21.0.1/", "http://10.20.3.4/", "https://10.20.3.4:22/", "https://[::1]/"):
        with pytest.raises(AddressRefused):
            read_endpoint(outside, INSIDE)


def test_plain_http_is_for_tests_on_this_machine_alone():
    rules = AddressRules(plain_loopback=True)
    assert read_endpoint("http://127.0.0.1:1234/x", rules).port == 1234
    assert read_endpoint("http://[::1]:1234/x", rules).port == 1234
    for other in ("http://localhost:1234/", "http://oa.example.com/", "http://10.0.0.1/", "http://127.1:1234/"):
        with pytest.raises(AddressRefused):
            read_endpoint(other, rules)
