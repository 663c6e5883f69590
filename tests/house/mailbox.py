"""A small receiver of mail (RFC 5321): takes every message from loopback and writes it to a file as it came."""

import asyncio
import pathlib
import sys


async def receive(reader, writer, place):
    """One session with a sender."""
    await say(writer, "220 mailbox.example.test ESMTP")
    sender, recipients = "", []
    while line := (await reader.readline()).decode("utf-8", "replace").strip():
        verb = line.split(" ", 1)[0].upper()
        if verb == "EHLO":
            await say(writer, "250-mailbox.example.test", "250-8BITMIME", "250 SMTPUTF8")
        elif verb == "MAIL":
            sender, recipients = line, []
            await say(writer, "250 OK")
        elif verb == "RCPT":
            recipients.append(line)
            await say(writer, "250 OK")
        elif verb == "DATA":
            await say(writer, "354 End with a dot")
            keep(place, sender, recipients, await message(reader))
            await say(writer, "250 OK, kept")
        elif verb == "QUIT":
            await say(writer, "221 Goodbye")
            break
        elif verb in ("HELO", "RSET", "NOOP"):
            await say(writer, "250 OK")
        else:
            await say(writer, "502 Not known here")
    writer.close()


async def message(reader):
    """The lines up to the dot, with the dots that were doubled on the way made single again (RFC 5321, 4.5.2)."""
    lines = []
    while (line := await reader.readline()) not in (b".\r\n", b""):
        lines.append(line[1:] if line.startswith(b"..") else line)
    return b"".join(lines)


def keep(place, sender, recipients, content):
    """Writes a message under the next number, complete from the first moment it can be seen."""
    number = len(list(place.glob("*.eml"))) + 1
    envelope = "".join(f"X-Envelope: {line}\r\n" for line in [sender, *recipients])
    unfinished = place / f"{number:04}.part"
    unfinished.write_bytes(envelope.encode() + content)
    unfinished.rename(place / f"{number:04}.eml")


async def say(writer, *lines):
    """Answers with those lines."""
    writer.write("".join(f"{line}\r\n" for line in lines).encode())
    await writer.drain()


async def main(port, place):
    """Receives until ended."""
    server = await asyncio.start_server(lambda reader, writer: receive(reader, writer, place), "127.0.0.1", port, limit=2**20)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), pathlib.Path(sys.argv[2])))
