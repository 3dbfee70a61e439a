"""What a child process that reads hostile files may not do: reach a network, or files that it was not given.

Linux only, and by the kernel: seccomp for sockets, Landlock (5.13 and later) for files. Neither needs root, both hold
for every program that is started from here, and nothing takes them back.
Source: seccomp(2), landlock(7); numbers from linux/seccomp.h, linux/landlock.h and asm/unistd.h.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from typing import Final

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW: Final = 0x7FFF0000
_ERRNO_EACCES: Final = 0x00050000 | 13
_AF_UNIX: Final = 1
_IO_URING_SETUP: Final = 425
_X32: Final = 0x40000000
# By machine: the kernel's name for it, and the numbers of socket(2) and connect(2).
_MACHINES: Final = {"x86_64": (0xC000003E, 41, 42), "aarch64": (0xC00000B7, 198, 203)}

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG: Final = 1
_BENEATH_PATH: Final = 1
_EXECUTE, _READ_FILE, _READ_DIRECTORY = 1, 1 << 2, 1 << 3
_MAKE_SOCKET: Final = 1 << 9
_READING: Final = _EXECUTE | _READ_FILE | _READ_DIRECTORY
# Every right on files of the first version; truncation came with the third.
_ALL: Final = (1 << 13) - 1
_TRUNCATE: Final = 1 << 14
_FILE_RIGHTS: Final = _EXECUTE | (1 << 1) | _READ_FILE | _TRUNCATE


class NotConfined(OSError):
    """This kernel, or a container around it, does not let a process give up its rights."""


def give_up_networks() -> None:
    """No socket from now on but those of this machine's own files, and none that is somebody else's: nothing is
    connected to, so neither the signer nor a database hears from here.   Raises: NotConfined."""
    known = _MACHINES.get(platform.machine())
    if known is None:
        raise NotConfined(f"no rule is known for {platform.machine()}")
    machine, socket_call, connect_call = known
    # A jump counts the steps that are left out. Offsets: 0 the call, 4 the machine, 16 the first argument.
    program = [
        _step(_LOAD, 4),
        _step(_EQUAL, machine, 0, 8),
        _step(_LOAD, 0),
        _step(_AT_LEAST, _X32, 6, 0),
        _step(_EQUAL, _IO_URING_SETUP, 5, 0),
        _step(_EQUAL, connect_call, 4, 0),
        _step(_EQUAL, socket_call, 0, 2),
        _step(_LOAD, 16),
        _step(_EQUAL, _AF_UNIX, 0, 1),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _ERRNO_EACCES),
    ]
    code = ctypes.create_string_buffer(b"".join(program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code)))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0)
    _prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(head))


def give_up_files(*, reading: Iterable[str], writing: Iterable[str] = (), sockets: Iterable[str] = ()) -> None:
    """No file from now on but those at and below these paths; paths that do not exist are left out.

    sockets: folders where this machine's own sockets may be made, and nothing else.
    Files that are open already stay usable.   Raises: NotConfined.
    """
    version = _landlock(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    handled = _ALL | (_TRUNCATE if version >= 3 else 0)
    attributes = struct.pack("Q", handled)
    rules = _landlock(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for paths, rights in ((reading, _READING), (writing, handled), (sockets, _MAKE_SOCKET)):
            for path in paths:
                _allow(rules, path, rights)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0)
        _landlock(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        wanted = rights if os.path.isdir(path) else rights & _FILE_RIGHTS  # noqa: PTH112 -- imports as little as it can
        beneath = struct.pack("=Qi", wanted, descriptor)
        _landlock(_ADD_RULE, rules, _BENEATH_PATH, beneath, 0)
    finally:
        os.close(descriptor)


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, when_true, when_false, value)


def _prctl(option: int, second: int, third: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    words = (ctypes.c_ulong(word) for word in (second, third, 0, 0))
    if library.prctl(option, *words) != 0:
        raise NotConfined(ctypes.get_errno(), "this process cannot give up its rights")


def _landlock(number: int, *arguments: int | bytes | None) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    answer = int(library.syscall(ctypes.c_long(number), *words))
    if answer < 0:
        raise NotConfined(ctypes.get_errno(), "this kernel does not confine files (Landlock)")
    return answer
