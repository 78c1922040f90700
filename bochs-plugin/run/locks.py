# SPDX-License-Identifier: LGPL-2.1-or-later
"""The locks of disk images. Bochs makes IMAGE.lock for an image that it writes, and removes the file when it ends, but not
when it is killed.

A Bochs that writes its process id into this file and has a lock of the kernel on it (flock) leaves a file that can be
recognized: it has an id and no lock of the kernel. A file without an id may be in use. Bochs itself has the last word; here
a sentence is said before anything starts."""
import contextlib
import fcntl
import os
import re

from errors import Refused


@contextlib.contextmanager
def _opened(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _unused(descriptor):
    """Whether no process has a lock of the kernel on the file. If so, we have it until the file is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False


def _owner(descriptor):
    match = re.match(rb"pid (\d+)\n", os.pread(descriptor, 32, 0))
    return int(match[1]) if match else None


def check(what, image):
    """Refuse an image that another machine uses."""
    path = image + ".lock"
    try:
        with _opened(path) as descriptor:
            owner = _owner(descriptor)
            if not _unused(descriptor):
                raise Refused(what, f"'{image}' is in use by another machine" + (f" (process {owner})" if owner else ""))
            if owner is None:
                raise Refused(what, f"'{image}' may be in use by another Bochs: '{path}' exists. If none runs, remove that file")
    except FileNotFoundError:
        pass
    except OSError as error:
        raise Refused(what, f"the lock '{path}' cannot be read: {error.strerror}") from None


def release(image, pid, made):
    """Remove the lock that the process `pid` left when it was killed. `made`: a file without an id is that of this process,
    because none was there before, and the process was not refused. No other lock is touched."""
    path = image + ".lock"
    with contextlib.suppress(OSError):
        with _opened(path) as descriptor:
            owner = _owner(descriptor)
            if _unused(descriptor) and (owner == pid or owner is None and made):
                os.unlink(path)
