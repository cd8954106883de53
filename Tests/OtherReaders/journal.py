"""Reads a journal by the description in Sources/Journaling/README.md and nothing else.

journal.py FOLDER prints a line for each command: sequence, slots, and their words in hexadecimal.
"""

import os
import struct
import sys

BLOCK = 4096
ONES = 0xFFFFFFFFFFFFFFFF
NO_PRICE = 1 << 63
HEAD = [
    0xFFFFFFFF00000100, 0xFFFFFFFF00000000, None, ONES, ONES, ONES, ONES, ONES, ONES,
    NO_PRICE, NO_PRICE, NO_PRICE, 0x0000050002000200, ONES, 0x0000FFFFFFFFFFFF,
    0x000000FFFFFFFFFF,
]
PARTIES = [ONES, ONES, ONES, 0x0000FFFFFFFFFFFF] + [0] * 12
TEXTS = [0] * 16

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def checksum(data):
    rest = 0xFFFFFFFF
    for byte in data:
        rest = rest >> 8 ^ TABLE[(rest ^ byte) & 0xFF]
    return rest ^ 0xFFFFFFFF


def header(block):
    """First sequence and checksum, or None when the segment was not begun."""
    if len(block) < BLOCK or block[:8] != b"APUSJRNL":
        return None
    (stated,) = struct.unpack_from("<I", block, 60)
    if checksum(block[:60] + block[64:]) != stated:
        return None
    (version,) = struct.unpack_from("<I", block, 8)
    assert version == 1, "a format that this reader does not know"
    (first,) = struct.unpack_from("<Q", block, 40)
    return first, stated


def records(data, previous):
    """The records of a segment, as long as they continue each other."""
    place = BLOCK
    while place + 24 <= len(data):
        length, stated, sequence, slots = struct.unpack_from("<IIQH", data, place)
        if not 24 <= length <= 400 or length % 8 or place + length > len(data) or slots > 3:
            return
        body = data[place + 8:place + length]
        if checksum(struct.pack("<II", previous, length) + body) != stated:
            return
        yield sequence, slots, data[place + 18:place + length]
        previous = stated
        place += length


def unpack(data, place, template):
    (mask,) = struct.unpack_from("<H", data, place)
    place += 2
    words = list(template)
    for word in range(16):
        if mask >> word & 1:
            (words[word],) = struct.unpack_from("<Q", data, place)
            place += 8
    return words, place


def command(sequence, slots, data):
    template = list(HEAD)
    template[2] = sequence
    head, place = unpack(data, 0, template)
    flags = head[14] >> 56
    found = [head]
    for template in [PARTIES] * (flags & 1) + [TEXTS] * (flags >> 1 & 1):
        words, place = unpack(data, place, template)
        found.append(words)
    assert len(found) == slots == head[0] >> 8 & 0xFF
    return found


def main(folder):
    segments = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".journal"):
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            found = header(data[:BLOCK])
            if found:
                segments.append((found[0], found[1], data))
    for index, (first, previous, data) in enumerate(segments):
        void = min([other[0] for other in segments[index + 1:]], default=1 << 64)
        expected = first
        for sequence, slots, body in records(data, previous):
            if slots == 0:
                continue
            if sequence >= void:
                break
            assert sequence == expected
            expected += 1
            for words in command(sequence, slots, body):
                print(sequence, slots, " ".join("%x" % word for word in words))


main(sys.argv[1])
