"""The ways in which somebody changes a log: each changes a list of lines, and says at which
lines that may be found.

A way is `spoil(lines, dice, fork) -> (first, last)`: the numbers of the lines, from 1, one of which
has to be named. A line later than `first` is right where a foreign chain goes on from there, which
only the checkpoint tells.
"""

import re


def structure(line):
    """Return the places of a line's commas, colons and braces that stand outside of texts."""
    places, is_text, at = [], False, 0
    while at < len(line):
        byte = line[at : at + 1]
        if byte == b'"':
            is_text = not is_text
        elif is_text and byte == b"\\":
            at += 1
        elif not is_text and byte in b",:{}":
            places.append(at)
        at += 1
    return places


def changed_line(change):
    """Return a way that changes one line to other bytes, and is found at that line."""

    def spoil(lines, dice, _):
        at = dice.randrange(len(lines))
        before = lines[at]
        lines[at] = change(before, dice)
        assert lines[at] != before, change
        return at + 1, at + 1

    return spoil


def flip(line, dice):
    at = dice.randrange(len(line) - 1)
    byte = line[at] ^ (1 << dice.randrange(8))
    return line[:at] + bytes([byte]) + line[at + 1 :]


def white_space(line, dice):
    at = dice.choice(structure(line)) + 1
    return line[:at] + dice.choice([b" ", b"\t", b"\r"]) + line[at:]


def member(text):
    """Return a change that appends a member to the line's object."""
    return lambda line, dice: line[:-2] + b"," + text(line) + b"}\n"


def event_of(line):
    return line[line.index(b'"event":') + 8 : line.rindex(b',"prev":')]


def forged_event(line):
    return b'"event":' + event_of(line).replace(b'"operation":"', b'"operation":"Forged')


def doubled(name):
    """Return a member of a line a second time, as it is."""
    return lambda line: re.search(rb'"%s":("[^"]*"|[0-9]+)' % name, line)[0]


def first_member(line, dice):
    return b"{" + forged_event(line) + b"," + line[1:]


def inside_event(line, dice):
    at = line.index(b'"event":{') + 9
    return line[:at] + b'"unknown":"x",' + line[at:]


def twice_inside_event(line, dice):
    at = line.index(b'"event":{') + 9
    return line[:at] + b'"operation":"Forged",' + line[at:]


def escaped(line, dice):
    places = [found.start() for found in re.finditer(rb"[A-Za-z]", line)]
    at = dice.choice(places)
    return line[:at] + b"\\u%04x" % line[at] + line[at + 1 :]


def number(line, dice):
    digits = re.search(rb'"seq":([0-9]+)', line)[1]
    form = dice.choice([b"%s.0", b"%se0", b"0%s", b"-%s", b"+%s", b'"%s"', b"%s00"])
    return line.replace(b'"seq":' + digits, b'"seq":' + form % digits, 1)


def upper(line, dice):
    found = re.search(rb'"hash":"([0-9a-f]+)"', line)
    return line.replace(found[0], found[0].replace(found[1], found[1].upper()))


def reordered(line, dice):
    prev = re.search(rb',"prev":"[0-9a-f]*"', line)[0]
    return line.replace(prev, b"", 1).replace(b',"event"', prev + b',"event"', 1)


def shorter_hash(line, dice):
    return re.sub(rb'("hash":"[0-9a-f]+)[0-9a-f]"', rb'\1"', line)


def tail_of_line(text):
    return lambda line, dice: line[:-1] + text


WHOLE_LINES = (b"\n", b"{}\n", b"null\n", b"garbage\n", b"\xff\xfe\n", b"\0" * 64 + b"\n", b"[" * 5_000 + b"\n", b"x" * 2_000_000 + b"\n", b'{"seq":1}\n')  # fmt: skip


def inserted(lines, dice, _):
    at = dice.randrange(len(lines))
    lines.insert(at, dice.choice(WHOLE_LINES))
    return at + 1, at + 1


def replaced(lines, dice, _):
    at = dice.randrange(len(lines))
    lines[at] = dice.choice(WHOLE_LINES)
    return at + 1, at + 1


def removed(lines, dice, _):
    at = dice.randrange(len(lines))
    del lines[at]
    return at + 1, at + 1


def swapped(lines, dice, _):
    at = dice.randrange(len(lines) - 1)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    return at + 1, at + 1


def moved(lines, dice, _):
    at, to = sorted(dice.sample(range(len(lines)), 2))
    lines.insert(at, lines.pop(to))
    return at + 1, at + 1


def repeated(lines, dice, _):
    at = dice.randrange(len(lines))
    lines.insert(at, lines[at])
    return at + 2, at + 2


def cut_tail(lines, dice, _):
    keep = dice.randrange(len(lines))
    del lines[keep:]
    return keep + 1, keep + 1


def cut_within(lines, dice, _):
    at = dice.randrange(len(lines))
    del lines[at + 1 :]
    lines[at] = lines[at][: dice.randrange(1, len(lines[at]))]
    return at + 1, at + 1


def cut_head(lines, dice, _):
    del lines[: dice.randrange(1, len(lines))]
    return 1, 1


def appended(lines, dice, _):
    lines.append(dice.choice([*WHOLE_LINES, lines[-1], lines[0]]))
    return len(lines), len(lines)


def forked(lines, dice, fork):
    """Go on from a copy by a chain that is right in itself, as long as the true one, shorter or
    longer.
    """
    same = sum(ours == theirs for ours, theirs in zip(lines, fork, strict=False))
    length = dice.choice([len(lines), dice.randrange(same + 1, len(fork)), len(fork)])
    before = len(lines)
    lines[:] = fork[:length]
    return same + 1, max(before, length)


WAYS = {
    "a bit flipped": changed_line(flip),
    "white space between members": changed_line(white_space),
    "a second event at the end": changed_line(member(forged_event)),
    "a second event at the front": changed_line(first_member),
    "the same event again": changed_line(member(lambda line: b'"event":' + event_of(line))),
    "the same number again": changed_line(member(doubled(b"seq"))),
    "the same hash again": changed_line(member(doubled(b"hash"))),
    "the same link again": changed_line(member(doubled(b"prev"))),
    "an unknown member": changed_line(member(lambda _: b'"note":"x"')),
    "an unknown member of the event": changed_line(inside_event),
    "a member of the event twice": changed_line(twice_inside_event),
    "a letter escaped": changed_line(escaped),
    "another form of the number": changed_line(number),
    "the hash in capitals": changed_line(upper),
    "the hash cut": changed_line(shorter_hash),
    "members in another order": changed_line(reordered),
    "CR LF": changed_line(tail_of_line(b"\r\n")),
    "a space at the end": changed_line(tail_of_line(b" \n")),
    "NUL at the end": changed_line(tail_of_line(b"\0\n")),
    "two line ends": changed_line(tail_of_line(b"\n\n")),
    "bytes behind the object": changed_line(tail_of_line(b"{}\n")),
    "a byte order mark": changed_line(lambda line, dice: b"\xef\xbb\xbf" + line),
    "a foreign line inserted": inserted,
    "a foreign line instead": replaced,
    "a line removed": removed,
    "two lines swapped": swapped,
    "a line moved": moved,
    "a line repeated": repeated,
    "the tail cut": cut_tail,
    "the tail cut within a line": cut_within,
    "the head cut": cut_head,
    "a line appended": appended,
    "another chain": forked,
}
SPACES = {"two line ends": 1}
"""Ways that are found a line later than they were done: what they add is a line of its own."""
