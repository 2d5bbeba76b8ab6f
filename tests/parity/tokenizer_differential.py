#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compares libhearttext with HuggingFace tokenizers (and lower-casing with Python's str.lower) on generated
# lines. By hand, not in CI:
#   python3 -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers==0.22.1
#   /tmp/venv/bin/python tests/parity/tokenizer_differential.py build/models/libhearttext.so TOKENIZER.json [LINES]
# Speaks the module's C interface (models/text/text_interface.h) through ctypes. Exit status 1 on any mismatch.

import ctypes
import json
import random
import sys
import unicodedata

from tokenizers import Tokenizer


class Interface(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_int),
        ("open", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p))),
        ("close", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("vocabulary_size", ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)),
        ("encode", ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t,
                                    ctypes.POINTER(ctypes.POINTER(ctypes.c_int32)),
                                    ctypes.POINTER(ctypes.c_void_p))),
        ("lower_case", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t,
                                        ctypes.POINTER(ctypes.c_size_t))),
        ("free", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    ]


class Ours:
    def __init__(self, module, path):
        library = ctypes.CDLL(module)
        library.heart_text_interface.restype = ctypes.POINTER(Interface)
        self.api = library.heart_text_interface().contents
        assert self.api.version == 1
        self.text = self.api.open(path.encode(), self._error())
        if not self.text:
            sys.exit(ctypes.string_at(self.error.value).decode())

    def _error(self):
        self.error = ctypes.c_void_p()
        return ctypes.byref(self.error)

    def encode(self, text):
        data = text.encode()
        ids = ctypes.POINTER(ctypes.c_int32)()
        count = self.api.encode(self.text, data, len(data), ctypes.byref(ids), self._error())
        if count < 0:
            return ctypes.string_at(self.error.value).decode()
        found = ids[:count]
        self.api.free(ids)
        return found

    def lower(self, text):
        data = text.encode()
        length = ctypes.c_size_t()
        lower = self.api.lower_case(data, len(data), ctypes.byref(length))
        found = ctypes.string_at(lower, length.value).decode()
        self.api.free(lower)
        return found


def ranges():
    """Code points by script and kind, so that every branch of the pattern and of lower-casing is met."""
    blanks = [ord(c) for c in "\t\n\x0b\x0c\r \x85\xa0\u1680\u180e\u2000\u2007\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"]
    return [
        list(range(0x20, 0x7F)), list(range(0x20, 0x7F)), list(range(0x61, 0x7B)), list(range(0x41, 0x5B)),
        list(range(0x30, 0x3A)), blanks, blanks, list(range(0, 0x20)), list(range(0xA0, 0x250)),
        list(range(0x250, 0x370)), list(range(0x370, 0x400)), list(range(0x400, 0x530)),
        list(range(0x590, 0x700)), list(range(0x900, 0xA00)), list(range(0xE00, 0xE80)),
        list(range(0x1E00, 0x2000)), list(range(0x2000, 0x2100)), list(range(0x2100, 0x2500)),
        list(range(0x3000, 0x3100)), list(range(0x4E00, 0x5200)), list(range(0xAC00, 0xAE00)),
        list(range(0xFE00, 0xFFFE)), list(range(0x10400, 0x10450)), list(range(0x1D400, 0x1D500)),
        list(range(0x1F100, 0x1F200)), list(range(0x1F300, 0x1F700)), list(range(0x300, 0x370)),
        [0x3A3, 0x3C3, 0x3C2, 0x130, 0x131, 0x1E9E, 0xDF, 0x27, 0x2E, 0xB7, 0x2019],
    ]


def generate(count, seed, pieces, specials, corpus):
    rng = random.Random(seed)
    tables = ranges()
    contractions = ["'s", "'T", "'re", "'VE", "'m", "'ll", "'D", "'x", "\u2019s"]
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(0, 12)):
            what = rng.random()
            if what < 0.30:
                parts.append(rng.choice(corpus))
            elif what < 0.45:
                parts.append(rng.choice(pieces))
            elif what < 0.50:
                special = rng.choice(specials)
                parts.append(special if rng.random() < 0.7 else special[:rng.randint(1, len(special))])
            elif what < 0.58:
                parts.append(rng.choice(contractions))
            elif what < 0.66:
                parts.append(chr(rng.choice(tables[5])) * rng.randint(1, 6))
            elif what < 0.70:
                parts.append("".join(rng.choice("0123456789") for _ in range(rng.randint(1, 9))))
            else:
                table = rng.choice(tables)
                parts.append("".join(chr(rng.choice(table)) for _ in range(rng.randint(1, 10))))
        yield rng.choice(["", " "]).join(parts)


def byte_decoder():
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table = {chr(b): b for b in printable}
    following = 256
    for b in range(256):
        if b not in printable:
            table[chr(following)] = b
            following += 1
    return table


def main():
    module, path = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    theirs = Tokenizer.from_file(path)
    ours = Ours(module, path)
    model = json.load(open(path, encoding="utf-8"))
    decode = byte_decoder()
    pieces = [bytes(decode[c] for c in piece).decode(errors="ignore") for piece in model["model"]["vocab"]]
    specials = [token["content"] for token in model["added_tokens"]]
    words = "the Love my heart Night light RAIN down we are never going home again oh yeah la-la guitar piano female vocal 120bpm \
        Straße İstanbul ΟΔΟΣ ΣΑΣ сердце Любовь 愛してる 사랑해 حب नमस्ते ไทย don't I'LL we've 1999 3.14 [Chorus] (x2) \n \r\n \n\n ... — “quotes” naïve café".split(" ")
    mismatches = 0
    for number, text in enumerate(generate(count, 20260101, pieces, specials, words)):
        wanted = theirs.encode(text, add_special_tokens=False).ids
        found = ours.encode(text)
        if found != wanted:
            mismatches += 1
            if mismatches <= 10:
                print(f"line {number}: {text!r}\n  ours   {found}\n  theirs {wanted}")
        if ours.lower(text) != text.lower():
            mismatches += 1
            if mismatches <= 10:
                print(f"line {number}: lower case of {text!r}\n  ours   {ours.lower(text)!r}")
    # Lower-casing at every assigned code point, alone and in the contexts that decide about Σ.
    points = 0
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in ("Cs", "Cn"):
            continue
        for text in (character, f"a{character}Σ", f"{character}Σ", f"aΣ{character}", f"aΣ{character}b"):
            points += 1
            if ours.lower(text) != text.lower():
                mismatches += 1
                if mismatches <= 10:
                    print(f"U+{code:04X}: {text!r}: {ours.lower(text)!r}, expected {text.lower()!r}")
    print(f"{count} lines, {points} lower-case texts, {mismatches} mismatches")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
