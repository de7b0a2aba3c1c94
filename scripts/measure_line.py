#!/usr/bin/env python3
"""What the monitor costs the line: bytes a second over SSH, and how fast keys are answered where
the line is slow.

    cargo build --release
    scripts/measure_line.py         a minute of steady training, then keys over a line of 8 KB/s
    scripts/measure_line.py --seconds 20 -- --preset quick --data mnist
    scripts/measure_line.py --pixels kitty     the same in a terminal that shows pixels

Starts an OpenSSH server of its own on loopback (a free port, a key made for the occasion, nothing
of the system's is touched), logs in with a terminal of 100x30 cells, and starts the monitor there
with its default settings. Everything is counted and answered at the local pseudo-terminal, as a
terminal would: of its questions only the one for the cursor's place is answered, when the bytes
before it have been read, and with --pixels those for what the terminal can do with pixels. Needs only Python and OpenSSH; exits with 1 where a limit is not kept, and
with 77 where there is no OpenSSH.
"""

import argparse
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

COLUMNS, ROWS = 100, 30
MOST_RATE = 32_000  # bytes a second on average
SLOW_LINE = 8_000  # bytes a second that the throttled reader takes
MOST_DELAY = 1.0  # seconds until a key is answered there
QUESTION = b"\x1b[6n"
# What terminals with pixels answer to the question for their primary attributes, and before it.
PIXELS = {
    "kitty": b"\x1bP>|kitty(0.35.2)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;16;8t\x1b[?62;c",
    "sixel": b"\x1bP>|foot(1.13.1)\x1b\\\x1b[6;16;8t\x1b[?1;0;1024S\x1b[?62;4c",
    "iterm": b"\x1bP>|iTerm2 3.5.0\x1b\\\x1b[6;16;8t\x1b[?62;4c",
}


class Terminal:
    """The local end: reads at a given speed, counts, and answers questions about the cursor."""

    def __init__(self, command, silent, pixels):
        self.silent, self.pixels = silent, pixels
        self.process, self.fd = pty.fork()
        if self.process == 0:
            os.execvp(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.text, self.count, self.tail = bytearray(), 0, b""

    def read(self, seconds, speed=None, until=None):
        """Reads for some time, at most `speed` bytes a second, or until `until` is read.

        Returns whether it was.
        """
        start, taken = time.monotonic(), 0
        self.text.clear()
        while (now := time.monotonic() - start) < seconds:
            room = 65536 if speed is None else int(speed * now) - taken
            if room <= 0 or not select.select([self.fd], [], [], 0.02)[0]:
                time.sleep(0.005)
                continue
            try:
                data = os.read(self.fd, min(room, 65536))
            except OSError:
                raise SystemExit("the connection ended:\n" + self.text.decode(errors="replace"))
            taken += len(data)
            self.count += len(data)
            self.answer(data)
            self.text += data
            if until and until in self.plain():
                return True
        return False

    def answer(self, data):
        if self.silent:
            return
        joined = self.tail + data
        if self.pixels and b"\x1b[c" in joined:
            os.write(self.fd, PIXELS[self.pixels])
        for _ in range(joined.count(QUESTION)):
            os.write(self.fd, b"\x1b[1;1R")
        # A question may be cut in two.
        self.tail = next((joined[-n:] for n in (3, 2, 1) if QUESTION.startswith(joined[-n:])), b"")

    def plain(self):
        text = re.sub(rb"\x1b[_P\]][^\x1b\x07]*(\x1b\\|\x07)", b"", self.text)
        return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", text).decode(errors="ignore")

    def press(self, keys):
        os.write(self.fd, keys)

    def close(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_server(folder):
    """An SSH server for one key; the port, and the command that logs in."""
    sshd = shutil.which("sshd") or next(
        (path for path in ["/usr/sbin/sshd", "/usr/local/sbin/sshd"] if os.access(path, os.X_OK)),
        None,
    )
    if not sshd or not shutil.which("ssh") or not shutil.which("ssh-keygen"):
        print("skipped: no OpenSSH here")
        sys.exit(77)
    for name in ["host", "user"]:
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True
        )
    shutil.copy(folder / "user.pub", folder / "authorized_keys")
    port = free_port()
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": folder / "pid",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "yes",
        "AcceptEnv": "LANG",
        "PrintMotd": "no",
    }
    (folder / "config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)
    server = subprocess.Popen(
        [sshd, "-D", "-e", "-f", folder / "config"], stderr=open(folder / "log", "w")
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    else:
        sys.exit("sshd does not listen:\n" + (folder / "log").read_text())
    login = [
        "ssh",
        "-tt",
        "-F",
        "none",
        "-p",
        str(port),
        "-i",
        str(folder / "user"),
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        f"UserKnownHostsFile={folder / 'known'}",
        "-o",
        "LogLevel=ERROR",
        "-o",
        "SendEnv=LANG",
        "127.0.0.1",
    ]
    return server, login


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--program", default="target/release/gan-tui", help="what to measure [default: %(default)s]"
    )
    parser.add_argument(
        "--data",
        default=os.environ.get("GAN_TUI_MNIST", "auto"),
        help="the dataset [default: $GAN_TUI_MNIST, else what is found]",
    )
    parser.add_argument("--seconds", type=float, default=60, help="how long to count [default: 60]")
    parser.add_argument(
        "--silent", action="store_true", help="answer no questions, as a terminal that knows none"
    )
    parser.add_argument(
        "--pixels", choices=sorted(PIXELS), help="answer as a terminal with this protocol"
    )
    parser.add_argument("arguments", nargs="*", help="of the monitor, after --")
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    if not os.access(program, os.X_OK):
        sys.exit(f"no program {program}: build it first, or name it with --program")
    data = (
        options.data
        if not os.path.isdir(options.data)
        else str(pathlib.Path(options.data).resolve())
    )
    os.environ.update(TERM="xterm-256color", LANG="C.UTF-8")

    with tempfile.TemporaryDirectory(prefix="line-") as name:
        folder = pathlib.Path(name)
        server, login = start_server(folder)
        try:
            failures = measure(login, program, data, options, folder)
        finally:
            server.terminate()
            server.wait()
    sys.exit(1 if failures else 0)


def measure(login, program, data, options, folder):
    arguments = options.arguments or ["--data", data]
    # In words of the shell at the other end.
    quoted = " ".join(
        "'" + word.replace("'", "'\\''") + "'"
        for word in [program, *arguments, "--on-hangup", "stop", "--out", str(folder / "run")]
    )
    terminal = Terminal([*login, f"LANG=C.UTF-8 {quoted}"], options.silent, options.pixels)
    failures = []
    # Training, and past the first pictures.
    if not terminal.read(120, until=" left"):
        sys.exit("no training was seen:\n" + terminal.plain()[-2000:])
    terminal.read(10)
    terminal.count = 0
    terminal.read(options.seconds)
    rate = terminal.count / options.seconds
    print(
        f"steady training at {COLUMNS}x{ROWS}: {rate:,.0f} bytes a second "
        f"over {options.seconds:.0f} s; at most {MOST_RATE:,} are allowed"
    )
    if rate > MOST_RATE:
        failures.append("rate")

    terminal.read(15, speed=SLOW_LINE)
    worst = 0.0
    # Each key with what it shows; Esc closes what it opened.
    for key, shown in [
        (b"?", "Help"),
        (b"E", "asciicast"),
        (b"b", "glyphs:"),
        (b"t", "theme:"),
        (b"p", "Start a new run"),
        (b"q", "Quit?"),
    ] * 2:
        start = time.monotonic()
        terminal.press(key)
        answered = terminal.read(10, speed=SLOW_LINE, until=shown)
        delay = time.monotonic() - start
        worst = max(worst, delay)
        print(
            f"  {key.decode()!r} answered after {delay:.2f} s"
            if answered
            else f"  {key.decode()!r} not answered"
        )
        if not answered:
            failures.append(key)
        terminal.press(b"\x1b")
        terminal.read(3, speed=SLOW_LINE)
    print(
        f"keys over a line of {SLOW_LINE:,} bytes a second: answered within {worst:.2f} s; "
        f"at most {MOST_DELAY} s are allowed"
    )
    if worst > MOST_DELAY:
        failures.append("delay")
    terminal.close()
    # The program saves and ends once its terminal is gone; its folder goes after it.
    for _ in range(300):
        if '"running"' not in (folder / "run" / "run.json").read_text():
            break
        time.sleep(0.1)
    else:
        print("the program did not end with its terminal")
        failures.append("end")
    return failures


if __name__ == "__main__":
    main()
