"""Which marks against copying a request's papers bear: those of its class, as its printer draws them best."""

from __future__ import annotations

from printserver.printing.queries import PrinterFacts
from printserver.rendering.calibration import BACKGROUNDS, calibration_of
from printserver.rendering.microtext import USUAL_UM
from printserver.rendering.security_marks import MarksChoice, SecurityMarks


def marks_for(choice: MarksChoice, printer: PrinterFacts) -> SecurityMarks:
    """Raises PantographNotPossible, when the class asks for a pantograph that the printer's engine cannot draw."""
    calibration = None
    if choice.pantograph or printer.resolution_dpi in BACKGROUNDS:
        calibration = calibration_of(printer.calibration, printer.resolution_dpi)
    microtext_um = USUAL_UM if calibration is None else calibration.microtext_um
    return SecurityMarks(
        microtext_um=microtext_um if choice.microtext else 0,
        pantograph=calibration.pantograph() if calibration is not None and choice.pantograph else None,
        guilloche=choice.guilloche,
        watermark=choice.watermark,
    )
