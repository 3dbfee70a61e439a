"""Starting a PKCS#11 module so that threads may use it, and making a token: calls that python-pkcs11 lacks.

python-pkcs11 calls C_Initialize(NULL), which promises a single thread, yet lets threads in: SoftHSM then crashes.
Here the module is initialised through its own function list with CKF_OS_LOCKING_OK.
Source: PKCS #11 v2.40 base specification, sections 3.6 and 5.4 (unverified against the text).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pkcs11 import _pkcs11

CKR_OK: Final = 0
CKR_PIN_INCORRECT: Final = 0xA0
CKR_TOKEN_NOT_PRESENT: Final = 0xE0
_CKF_OS_LOCKING_OK: Final = 2
_CKF_RW_SERIAL_SESSION: Final = 2 | 4
_CKF_TOKEN_INITIALIZED: Final = 0x400
_CKU_SO: Final = 0
_CKU_USER: Final = 1

_ULONG: Final = ctypes.c_ulong
_POINTER: Final = ctypes.c_void_p


class CryptokiFailed(Exception):
    """A call of the module failed. `call`: its name; `result`: its CK_RV. Holds no argument of the call."""

    def __init__(self, call: str, result: int) -> None:
        self.call = call
        self.result = result
        super().__init__(f"{call} answered {result:#x}")


class _InitializeArguments(ctypes.Structure):
    _fields_ = (
        ("CreateMutex", _POINTER),
        ("DestroyMutex", _POINTER),
        ("LockMutex", _POINTER),
        ("UnlockMutex", _POINTER),
        ("flags", _ULONG),
        ("LibraryParameters", _POINTER),
        ("pReserved", _POINTER),
    )
    """NSS puts its parameters where others end with `pReserved`; for these it stays NULL."""


class _TokenInfo(ctypes.Structure):
    _fields_ = (
        ("label", ctypes.c_ubyte * 32),
        ("manufacturerID", ctypes.c_char * 32),
        ("model", ctypes.c_char * 16),
        ("serialNumber", ctypes.c_char * 16),
        ("flags", _ULONG),
        ("counts_and_memory", _ULONG * 10),
        ("versions", ctypes.c_ubyte * 4),
        ("utcTime", ctypes.c_char * 16),
    )


_CALLS: Final[tuple[tuple[str, tuple[Any, ...]], ...]] = (
    ("C_Initialize", (_POINTER,)),
    ("C_Finalize", (_POINTER,)),
    ("C_GetInfo", (_POINTER,)),
    ("C_GetFunctionList", (_POINTER,)),
    ("C_GetSlotList", (ctypes.c_ubyte, _POINTER, _POINTER)),
    ("C_GetSlotInfo", (_ULONG, _POINTER)),
    ("C_GetTokenInfo", (_ULONG, _POINTER)),
    ("C_GetMechanismList", (_ULONG, _POINTER, _POINTER)),
    ("C_GetMechanismInfo", (_ULONG, _ULONG, _POINTER)),
    ("C_InitToken", (_ULONG, ctypes.c_char_p, _ULONG, ctypes.c_char_p)),
    ("C_InitPIN", (_ULONG, ctypes.c_char_p, _ULONG)),
    ("C_SetPIN", (_ULONG, ctypes.c_char_p, _ULONG, ctypes.c_char_p, _ULONG)),
    ("C_OpenSession", (_ULONG, _ULONG, _POINTER, _POINTER, _POINTER)),
    ("C_CloseSession", (_ULONG,)),
    ("C_CloseAllSessions", (_ULONG,)),
    ("C_GetSessionInfo", (_ULONG, _POINTER)),
    ("C_GetOperationState", (_ULONG, _POINTER, _POINTER)),
    ("C_SetOperationState", (_ULONG, _POINTER, _ULONG, _ULONG, _ULONG)),
    ("C_Login", (_ULONG, _ULONG, ctypes.c_char_p, _ULONG)),
    ("C_Logout", (_ULONG,)),
)
"""The head of CK_FUNCTION_LIST, in its order."""


class _FunctionList(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_ubyte * 2),
        *((name, ctypes.CFUNCTYPE(_ULONG, *arguments)) for name, arguments in _CALLS),
    )


class Cryptoki:
    """One loaded PKCS#11 module. A module is a singleton in its process: initialise it from one place only."""

    def __init__(self, module: Path) -> None:
        """Raises: OSError when the module cannot be loaded."""
        self._library = ctypes.CDLL(str(module))
        functions = ctypes.POINTER(_FunctionList)()
        self._library.C_GetFunctionList.restype = _ULONG
        result = self._library.C_GetFunctionList(ctypes.byref(functions))
        if result != CKR_OK:
            raise CryptokiFailed("C_GetFunctionList", result)
        self._functions = functions.contents
        self._module = module

    def initialise(self, parameters: str = "") -> None:
        """With locking for threads.   parameters: what NSS modules read from LibraryParameters; none for others.

        Raises: CryptokiFailed, also when somebody else has initialised it already.
        """
        arguments = _InitializeArguments(flags=_CKF_OS_LOCKING_OK)
        if parameters:
            self._parameters = ctypes.create_string_buffer(parameters.encode("utf-8"))
            arguments.LibraryParameters = ctypes.addressof(self._parameters)
        self._call("C_Initialize", ctypes.byref(arguments))

    def finalise(self) -> None:
        """End every session and forget every login of this process.   Raises: CryptokiFailed."""
        self._call("C_Finalize", None)

    def library(self) -> Any:
        """The same, already initialised module as python-pkcs11's `lib`, whose own start is skipped."""
        library: Any = _pkcs11.lib
        return library.__new__(library, str(self._module))

    def make_token(self, label: str, *, so_pin: str, user_pin: str) -> None:
        """Make a token in the first free slot. The PINs stay in this process's memory.

        label: at most 32 bytes.   Raises: CryptokiFailed.
        """
        slot = self._free_slot()
        so, user = so_pin.encode("ascii"), user_pin.encode("ascii")
        self._call("C_InitToken", slot, so, len(so), label.encode("utf-8").ljust(32, b" "))
        session = _ULONG()
        self._call("C_OpenSession", slot, _CKF_RW_SERIAL_SESSION, None, None, ctypes.byref(session))
        self._call("C_Login", session.value, _CKU_SO, so, len(so))
        self._call("C_InitPIN", session.value, user, len(user))
        self._call("C_CloseAllSessions", slot)

    def change_pin(self, label: str, *, old: str, new: str) -> None:
        """Give the user of a token another PIN. The module is initialised; nobody of this process is logged in.

        Raises: CryptokiFailed, with CKR_PIN_INCORRECT for a wrong old PIN, of which there is one try.
        """
        slot = self._slot_of(label)
        before, after = old.encode("utf-8"), new.encode("utf-8")
        session = _ULONG()
        self._call("C_OpenSession", slot, _CKF_RW_SERIAL_SESSION, None, None, ctypes.byref(session))
        self._call("C_Login", session.value, _CKU_USER, before, len(before))
        self._call("C_SetPIN", session.value, before, len(before), after, len(after))
        self._call("C_CloseAllSessions", slot)

    def try_pin(self, label: str, pin: str) -> None:
        """Log the user in and out, once.   Raises: CryptokiFailed."""
        slot, text = self._slot_of(label), pin.encode("utf-8")
        session = _ULONG()
        self._call("C_OpenSession", slot, _CKF_RW_SERIAL_SESSION, None, None, ctypes.byref(session))
        self._call("C_Login", session.value, _CKU_USER, text, len(text))
        self._call("C_CloseAllSessions", slot)

    def _slot_of(self, label: str) -> int:
        for slot, token in self._tokens():
            if token.flags & _CKF_TOKEN_INITIALIZED and bytes(token.label) == label.encode("utf-8").ljust(32, b" "):
                return slot
        raise CryptokiFailed("C_GetTokenInfo", CKR_TOKEN_NOT_PRESENT)

    def _tokens(self) -> Iterator[tuple[int, _TokenInfo]]:
        count = _ULONG()
        self._call("C_GetSlotList", 1, None, ctypes.byref(count))
        slots = (_ULONG * count.value)()
        self._call("C_GetSlotList", 1, slots, ctypes.byref(count))
        for slot in slots:
            token = _TokenInfo()
            self._call("C_GetTokenInfo", slot, ctypes.byref(token))
            yield int(slot), token

    def _free_slot(self) -> int:
        for slot, token in self._tokens():
            if not token.flags & _CKF_TOKEN_INITIALIZED:
                return slot
        raise CryptokiFailed("C_GetSlotList", CKR_OK)

    def _call(self, name: str, *arguments: Any) -> None:
        result = int(getattr(self._functions, name)(*arguments))
        if result != CKR_OK:
            raise CryptokiFailed(name, result)
