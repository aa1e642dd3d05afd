#!/usr/bin/env python3
"""A picture of a terminal after a command has run in it, as SVG.

Usage: terminal_picture.py OUT.svg COMMAND [ARGUMENT...]

    tools/terminal_picture.py docs/pictures/quickstart.svg ./resnet4j quickstart --out runs/quickstart

Runs the command in a terminal of its own, takes what is left standing there at the end (progress that
was overwritten is not), and writes it as text in a window. The text is what the command printed; it
is refused if it names the home folder or this one. Standard library only.
"""

import html
import os
import pathlib
import pty
import re
import sys

COLUMNS = 130
CELL, LINE, PAD, BAR = 8.4, 20, 20, 34
# What a program may send to a terminal beside text: clear to the end of the line, colours.
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")


def unbroken(line):
    """Escaped, with spaces that stay: browsers draw a run of others as one."""
    return html.escape(line).replace(" ", "\u00a0")


def ran(command):
    """What the command sends to its terminal, and its exit status."""
    sent = []

    def read(descriptor):
        data = os.read(descriptor, 65536)
        sent.append(data)
        return data

    os.environ.update(COLUMNS=str(COLUMNS), TERM="xterm-256color")
    status = os.waitstatus_to_exitcode(pty.spawn(command, read, lambda descriptor: b""))
    return b"".join(sent).decode(), status


def screen(text):
    """The lines that stand there at the end."""
    lines, row, column, at = [[]], 0, 0, 0
    while at < len(text):
        sequence = SEQUENCE.match(text, at)
        if sequence:
            if sequence[2] == "K" and sequence[1] in ("", "0"):
                del lines[row][column:]
            elif sequence[2] != "m":
                raise SystemExit(f"{sequence[0]!r} means nothing here")
            at = sequence.end()
            continue
        letter, at = text[at], at + 1
        if letter == "\r":
            column = 0
        elif letter == "\n":
            row += 1
            if row == len(lines):
                lines.append([])
        else:
            line = lines[row]
            line.extend(" " * (column - len(line)))
            line[column:column + 1] = letter
            column += 1
    shown = ["".join(line).rstrip() for line in lines]
    while shown and not shown[-1]:
        shown.pop()
    return shown


def svg(command, lines):
    """The lines in a window; each is stretched to its cells, whatever font there is."""
    lines = ["$ " + " ".join(command)] + lines
    width = round(max(map(len, lines)) * CELL + 2 * PAD)
    height = BAR + len(lines) * LINE + PAD
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        f"<title>{html.escape(lines[0])}</title>",
        f'<rect width="{width}" height="{height}" rx="10" fill="#1e1b26"/>',
        *(f'<circle cx="{PAD + 20 * i}" cy="17" r="6" fill="#4a4459"/>' for i in range(3)),
        '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#e8e4f0" '
        'xml:space="preserve">',
    ]
    for number, line in enumerate(lines):
        if line:
            colour = ' fill="#b9a2f5"' if number == 0 else ""
            out.append(
                f'<text x="{PAD}" y="{BAR + LINE * number + 14}" textLength="{len(line) * CELL:.1f}"'
                f' lengthAdjust="spacingAndGlyphs"{colour}>{unbroken(line)}</text>')
    return "\n".join(out + ["</g>", "</svg>", ""])


def main():
    out, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
    text, status = ran(command)
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    for private in (str(pathlib.Path.home()), os.getcwd()):
        if private in text:
            raise SystemExit(f"the output names {private}")
    out.write_text(svg(command, screen(text)))


if __name__ == "__main__":
    main()
