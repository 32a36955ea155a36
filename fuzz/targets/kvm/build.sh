#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# See build.py for what it takes and makes.
# An outer make must not rule the kernel's: --no-builtin-rules leaves objtool unbuilt.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
exec /usr/bin/python3 "$(dirname "$0")/build.py" "$@"
