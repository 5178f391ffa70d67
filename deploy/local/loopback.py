"""Runs a program that would listen on every address of this machine so that it listens on 127.0.0.1 alone.

`python loopback.py PROGRAM ARGUMENT...`. Some programs cannot be told an address. The kernel asks this one
about each `bind` of the program and its children (seccomp's user notification, which needs no rights): before
it is carried out, "every address" is replaced by the loopback address in the program's memory. Linux only.
"""

import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import sys

# By machine: its number in the kernel's audit, and the numbers of the system calls `bind` and `seccomp`.
_MACHINES = {"x86_64": (0xC000003E, 49, 317), "aarch64": (0xC00000B7, 200, 277)}
_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT = 38, 1
_SET_FILTER, _NEW_LISTENER = 1, 8
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
# id, thread, flags; number, machine, instruction, six arguments.
_REQUEST = struct.Struct("=QIIiIQ6Q")
_ANSWER = struct.Struct("=QqiI")
# The position of the address in the argument, the value for "every address", and its replacement.
_LOOPBACK = {
    socket.AF_INET: (4, bytes(4), bytes([127, 0, 0, 1])),
    # As an IPv6 socket writes 127.0.0.1.
    socket.AF_INET6: (8, bytes(16), bytes(10) + b"\xff\xff" + bytes([127, 0, 0, 1])),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _ask_about_bind() -> int:
    """Make the kernel ask about each `bind` of this process and its children; return where it asks."""
    machine, bind, seccomp = _MACHINES[os.uname().machine]
    instructions = (
        (_LOAD, 0, 0, 4),
        (_JUMP_IF_EQUAL, 0, 3, machine),
        (_LOAD, 0, 0, 0),
        (_JUMP_IF_EQUAL, 0, 1, bind),
        (_RETURN, 0, 0, _NOTIFY),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = b"".join(struct.pack("=HBBI", *each) for each in instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(instructions), code)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
        asked: int = libc.syscall(seccomp, _SET_FILTER, _NEW_LISTENER, ctypes.byref(program))
        if asked >= 0:
            return asked
    raise OSError(ctypes.get_errno(), "the kernel does not let a program be kept to the loopback address")


def _answer(asked: int) -> None:
    """Handle one `bind`: correct its address, and let it continue."""
    request = bytearray(_REQUEST.size)
    try:
        fcntl.ioctl(asked, _RECEIVE, request)
        identity, thread, _, _, _, _, _, address, *_ = _REQUEST.unpack(request)
        with open(f"/proc/{thread}/mem", "r+b", buffering=0) as memory:  # noqa: PTH123 - unbuffered
            (family,) = struct.unpack("=H", os.pread(memory.fileno(), 2, address))
            if family in _LOOPBACK:
                offset, everywhere, loopback = _LOOPBACK[family]
                if os.pread(memory.fileno(), len(everywhere), address + offset) == everywhere:
                    os.pwrite(memory.fileno(), loopback, address + offset)
        fcntl.ioctl(asked, _SEND, _ANSWER.pack(identity, 0, 0, _CONTINUE))
    except FileNotFoundError:
        # The caller was ended meanwhile.
        return


def _become(command: list[str], ours: socket.socket) -> None:
    """Become the program, in the child."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    asked = _ask_about_bind()
    socket.send_fds(ours, [b"."], [asked])
    os.execv(command[0], command)  # noqa: S606 - it is the program


def main(command: list[str]) -> int:
    """Run a program, and end with its exit code."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            _become(command, theirs)
        except OSError as error:
            print(f"{command[0]} cannot be run: {error.strerror}", file=sys.stderr)
        finally:
            os._exit(1)
    theirs.close()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda given, _frame: os.kill(child, given))
    _, received, _, _ = socket.recv_fds(ours, 1, 1)
    if received:
        waiting = select.poll()
        waiting.register(received[0], select.POLLIN)
        # Until no process is left that could ask.
        while all(event & select.POLLIN for _, event in waiting.poll()):
            _answer(received[0])
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
