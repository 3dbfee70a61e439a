"""A seal's picture is drawn, shown or asked for only when its signed object is genuine and valid."""

from __future__ import annotations

from datetime import datetime

from printserver.foundation.errors import NotFound
from printserver.seals.errors import SealNotUsable
from printserver.seals.queries import SealFacts
from printserver.signing.errors import (
    SealMakerUnknown,
    SealObjectExpired,
    SealObjectForged,
    SealObjectMalformed,
)
from printserver.signing.seal_object import Makers, SealObject, verify_seal_object
from printserver.storage.objects import ObjectChanged, Objects


def genuine_seal(objects: Objects, makers: Makers, seal: SealFacts, at: datetime) -> SealObject:
    """The object behind the row, proved: what is drawn is the picture in it, in the size that it says.

    Raises: SealNotUsable when the object is lost, changed, forged, of an unknown maker, not valid or another seal's.
    """
    try:
        made = verify_seal_object(objects.get(seal.object_sha256, seal.organisation_id), makers, at)
    except SealObjectExpired as problem:
        raise SealNotUsable(f"the seal {seal.name} is not valid at present") from problem
    except SealMakerUnknown as problem:
        raise SealNotUsable(f"the seal {seal.name} was made by somebody who is not trusted here") from problem
    except (NotFound, ObjectChanged, SealObjectForged, SealObjectMalformed) as problem:
        raise SealNotUsable(f"the seal {seal.name} is not what its maker signed") from problem
    if made.facts.seal_id != seal.code_id:
        raise SealNotUsable(f"the object of the seal {seal.name} is that of another seal")
    return made
