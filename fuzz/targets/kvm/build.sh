#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# See build.py for what it takes and makes.
exec python3 "$(dirname "$0")/build.py" "$@"
