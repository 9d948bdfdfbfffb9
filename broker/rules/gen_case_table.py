#!/usr/bin/env python3
"""Writes case_table.inc: the full, locale-free lower and upper mapping of every character that has
one of its own, from this Python's Unicode database (Debian 12: Unicode 14).

    gen_case_table.py > case_table.inc

Fails if for some character one of the two mappings begins or ends with the other one: CaseText
relies on it, since then at most one of the two can fit at a place."""
import sys
import unicodedata


def literal(text):
    return '"' + "".join("\\x%02x" % byte for byte in text.encode("utf-8")) + '"'


def main():
    print("// Written by gen_case_table.py from Unicode %s; do not edit." % unicodedata.unidata_version)
    for code in range(0x80, 0x110000):
        if 0xD800 <= code < 0xE000:
            continue
        char = chr(code)
        lower, upper = char.lower(), char.upper()
        if lower == char and upper == char:
            continue
        assert lower != upper, hex(code)
        for a, b in ((lower, upper), (upper, lower)):
            assert not a.startswith(b) and not a.endswith(b), hex(code)
        print("{0x%x, %s, %s}," % (code, literal(lower), literal(upper)))


if __name__ == "__main__":
    sys.exit(main())
