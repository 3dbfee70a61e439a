"""A picture for a page that a phone's camera reads back."""

from __future__ import annotations

import base64
import re

import numpy as np
import zxingcpp

from printserver.rendering.qr_picture import qr_picture

URI = "otpauth://totp/Sealed%20printing:clerk?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Sealed%20printing"


def test_the_picture_holds_the_text_and_nothing_that_runs():
    address = qr_picture(URI)
    kind, _, content = address.partition(",")
    assert kind == "data:image/svg+xml;base64"
    svg = base64.b64decode(content).decode()
    assert not {"script", "href", "on"} & set(re.findall(r"[a-z]+", svg.partition(">")[2]))
    size = int(re.findall(r'viewBox="0 0 (\d+) ', svg)[0])
    pixels = np.full((size, size), 255, np.uint8)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg):
        pixels[int(y), int(x)] = 0
    (read,) = zxingcpp.read_barcodes(np.kron(pixels, np.ones((6, 6), np.uint8)))
    assert read.text == URI
