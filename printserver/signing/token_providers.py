"""What kinds of PKCS#11 tokens need of us: data from `keys/pkcs11/providers.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from printserver.signing.errors import TokenSetupRefused

FILE: Final = Path(__file__).parents[2] / "keys" / "pkcs11" / "providers.toml"
SOFTHSM: Final = "softhsm"


@dataclass(frozen=True)
class TokenProvider:
    """The fields are explained in the file."""

    name: str
    modules: tuple[Path, ...]
    parameters: str
    leave_out: tuple[str, ...]
    unmodifiable: bool
    kinds: tuple[str, ...]
    wrapping: str
    files: tuple[str, ...]

    def module(self) -> Path | None:
        """Where its library is installed; None when it is not."""
        return next((module for module in self.modules if module.exists()), None)

    def parameters_for(self, folder: Path) -> str:
        return self.parameters.replace("{folder}", str(folder))


def token_providers() -> dict[str, TokenProvider]:
    """All of the file by name."""
    return {
        name: TokenProvider(
            name=name,
            modules=tuple(Path(module) for module in entry["modules"]),
            parameters=entry["parameters"],
            leave_out=tuple(entry["leave_out"]),
            unmodifiable=entry["unmodifiable"],
            kinds=tuple(entry["kinds"]),
            wrapping=entry["wrapping"],
            files=tuple(entry["files"]),
        )
        for name, entry in tomllib.loads(FILE.read_text("utf-8")).items()
    }


def token_provider(name: str) -> TokenProvider:
    """Raises: TokenSetupRefused for a kind that the file does not describe."""
    found = token_providers().get(name)
    if found is None:
        raise TokenSetupRefused(f"{FILE.name} describes no kind of token named {name}")
    return found
