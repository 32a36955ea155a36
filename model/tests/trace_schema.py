#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds JSON Lines against a schema: trace_schema.py SCHEMA FILE...

Each line of each FILE must be accepted; each line of a --refused FILE must be refused.  One line of output for each
fault, and a closing one.
"""
import argparse
import json
import re
import sys

import jsonschema


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            yield number, line


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("schema")
    parser.add_argument("traces", nargs="+", metavar="FILE")
    parser.add_argument("--refused", action="append", default=[], metavar="FILE",
                        help="a file whose every line must be refused")
    parser.add_argument("--no-header", action="store_true", help="the lines are no slat-trace")
    args = parser.parse_args()
    with open(args.schema, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    faults = checked = 0
    for path in args.traces:
        for number, line in lines_of(path):
            checked += 1
            event = json.loads(line)
            error = jsonschema.exceptions.best_match(validator.iter_errors(event))
            if error is not None:
                print("%s:%d: %s" % (path, number, error.message))
                faults += 1
            elif not args.no_header and (number == 1) != ("slat-trace" in event):
                print("%s:%d: the header is the first line, and only that" % (path, number))
                faults += 1
    for path in args.refused:
        for number, line in lines_of(path):
            checked += 1
            if validator.is_valid(json.loads(line)):
                print("%s:%d: accepted: %s" % (path, number, re.sub(r"\s+", " ", line)[:80]))
                faults += 1
    print("%d lines checked, %d faults" % (checked, faults))
    return 0 if checked != 0 and faults == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
