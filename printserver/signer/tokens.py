"""The token of this installation: where it is, and what a first ceremony needs of one that others have made."""

from __future__ import annotations

from typing import Final

from printserver.settings import Settings
from printserver.signing.errors import TokenSetupRefused
from printserver.signing.hsm import Hsm, KeyKind
from printserver.signing.pin_change import require_no_change_under_way
from printserver.signing.token_providers import SOFTHSM, token_provider
from printserver.signing.token_settings import TokenSettings, settings_of_token
from printserver.signing.token_setup import read_pin

NEEDED: Final = (KeyKind.RSA_3072, KeyKind.P_256)
"""Kinds of keys without which no copy is signed."""
CANNOT_WRAP: Final = (
    "this token cannot wrap keys, so that stored objects cannot be sealed; take another token, or say in the settings "
    "`object_store.sealed = false`: then whoever has the disk can read them"
)


def token_settings(settings: Settings) -> TokenSettings:
    """The token as this process reaches it.   Raises: TokenSetupRefused for a kind that nobody has described."""
    return settings_of_token(
        token_provider(settings.pkcs11_provider),
        settings.token_folder,
        label=settings.pkcs11_token,
        module=settings.pkcs11_module,
    )


def open_hsm(settings: Settings) -> Hsm:
    """Raises: HsmPinRefused, HsmUnavailable; TokenSetupRefused while a change of the PIN is under way."""
    require_no_change_under_way(settings.pin_file)
    return Hsm(token_settings(settings), pin=read_pin(settings.pin_file))


def is_made_by_ceremony(settings: Settings) -> bool:
    """SoftHSM's tokens are made with their first keys; any other one is there before."""
    return settings.pkcs11_provider == SOFTHSM


def require_token_for_ceremony(settings: Settings) -> None:
    """Prove that a token which is there before a first ceremony can take our keys, and holds none.

    The PIN is tried once.   Raises: TokenSetupRefused, HsmPinRefused, HsmUnavailable.
    """
    if is_made_by_ceremony(settings):
        return
    missing = [kind for kind in NEEDED if kind not in token_provider(settings.pkcs11_provider).kinds]
    if missing:
        raise TokenSetupRefused(
            f"a token of the kind {settings.pkcs11_provider} makes no {' or '.join(missing)} keys, which copies need"
        )
    if settings.object_store.sealed and not token_provider(settings.pkcs11_provider).wrapping:
        raise TokenSetupRefused(CANNOT_WRAP)
    settings.token_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    hsm = open_hsm(settings)
    try:
        if hsm.labels():
            raise TokenSetupRefused("the token holds keys already; a first ceremony takes an empty one")
    finally:
        hsm.close()
