"""The description of a controlled printer (PPD): fixed text of ours, chosen from closed lists.

Nothing that a printer says of itself enters it: cupsd runs what a PPD names as filters, and its options reach programs.
What is handed in goes through as it is; only the fence backend opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from printserver.printing.job_file import JOB_FILE_TYPE
from printserver.printing.raster import RESOLUTIONS_DPI

_HEAD: Final = """\
*PPD-Adobe: "4.3"
*%% One fixed description for every controlled printer: PDF goes through as it is, on A4, in colour, never scaled.
*%% A4 is 595.276 x 841.89 points; rounded to 595 x 842 it is refused by printers that validate the media size.
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "CTRLA4.PPD"
*Manufacturer: "Print-control server"
*Product: "(Controlled colour laser printer)"
*ModelName: "Controlled A4 PDF"
*ShortNickName: "Controlled A4 PDF"
*NickName: "Controlled A4 PDF, passthrough, 1.0"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: %(colour)s
*DefaultColorSpace: %(space)s
*FileSystem: False
*cupsVersion: 2.4
*cupsManualCopies: False
*cupsSingleFile: True
*cupsLanguages: "en"
*cupsFilter2: "%(type)s %(type)s 0 -"
"""
_MEDIA: Final = """\
*OpenUI *PageSize/Media Size: PickOne
*OrderDependency: 10 AnySetup *PageSize
*DefaultPageSize: A4
*PageSize A4/A4: "<</PageSize[595.276 841.89]>>setpagedevice"
*CloseUI: *PageSize

*OpenUI *PageRegion/Media Size: PickOne
*OrderDependency: 10 AnySetup *PageRegion
*DefaultPageRegion: A4
*PageRegion A4/A4: "<</PageSize[595.276 841.89]>>setpagedevice"
*CloseUI: *PageRegion

*DefaultImageableArea: A4
*ImageableArea A4/A4: "12 12 583.276 829.89"
*DefaultPaperDimension: A4
*PaperDimension A4/A4: "595.276 841.89"
"""
_COLOUR: Final = """\
*OpenUI *ColorModel/Colour: PickOne
*OrderDependency: 10 AnySetup *ColorModel
*DefaultColorModel: RGB
*ColorModel RGB/Colour: ""
*CloseUI: *ColorModel
"""
_GREY: Final = """\
*OpenUI *ColorModel/Colour: PickOne
*OrderDependency: 10 AnySetup *ColorModel
*DefaultColorModel: Gray
*ColorModel Gray/Grey: ""
*CloseUI: *ColorModel
"""
_SIDES: Final = """\
*OpenUI *Duplex/Sides: PickOne
*OrderDependency: 10 AnySetup *Duplex
*DefaultDuplex: None
*Duplex None/One side: ""
*Duplex DuplexNoTumble/Both sides, long edge: ""
*Duplex DuplexTumble/Both sides, short edge: ""
*CloseUI: *Duplex
"""
_RESOLUTION: Final = """\
*OpenUI *Resolution/Resolution: PickOne
*OrderDependency: 10 AnySetup *Resolution
*DefaultResolution: %(dpi)ddpi
*Resolution %(dpi)ddpi/%(dpi)d dpi: ""
*CloseUI: *Resolution
"""


@dataclass(frozen=True, slots=True)
class PrinterShape:
    """What a description may say of a printer.   Raises ValueError for a resolution outside RESOLUTIONS_DPI."""

    colour: bool = True
    two_sided: bool = True
    resolution_dpi: int | None = None
    """Of the engine, when copies are handed to it as pixels; None for one that takes PDF."""

    def __post_init__(self) -> None:
        if self.resolution_dpi is not None and self.resolution_dpi not in RESOLUTIONS_DPI:
            raise ValueError(f"no controlled printer has {self.resolution_dpi} dpi")


def controlled_ppd(shape: PrinterShape | None = None) -> str:
    """The whole text, ASCII; the same shape gives the same text. Without a shape: `drivers/cups/controlled-a4.ppd`."""
    shape = shape or PrinterShape()
    parts = [
        _HEAD % {"colour": shape.colour, "space": "RGB" if shape.colour else "Gray", "type": JOB_FILE_TYPE},
        _MEDIA,
    ]
    parts.append(_COLOUR if shape.colour else _GREY)
    if shape.two_sided:
        parts.append(_SIDES)
    if shape.resolution_dpi is not None:
        parts.append(_RESOLUTION % {"dpi": shape.resolution_dpi})
    return "\n".join(parts)


def shape_of(ppd: str) -> PrinterShape | None:
    """Which of our descriptions this is, word by word; None when it is none of them."""
    return _KNOWN.get(_digest(ppd))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()


_SHAPES: Final = [
    PrinterShape(colour, two_sided, dpi)
    for colour in (True, False)
    for two_sided in (True, False)
    for dpi in (None, *RESOLUTIONS_DPI)
]
_KNOWN: Final = {_digest(controlled_ppd(shape)): shape for shape in _SHAPES}
