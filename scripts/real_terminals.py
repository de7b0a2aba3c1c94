#!/usr/bin/env python3
"""Pictures of the monitor in real terminals: a person has to look at them.

    cargo build --release
    scripts/real_terminals.py OUT [xterm] [kitty] [foot] [--pictures blocks] [--replay RUN]

Each terminal is started on a screen of its own (xterm with sixels and kitty under Xvfb, foot in cage on
a headless Wayland), with the monitor in it. Keys are pressed, the window is made smaller, the
monitor is left; at each step a PNG is written to OUT:

    NAME-grid.png  NAME-dialog.png  NAME-after-dialog.png  NAME-one.png  NAME-resized.png
    NAME-suspended.png  NAME-continued.png  NAME-left.png

Keys and the terminal's size go through a relay (this program with --relay), so that no terminal needs
help from its window system. What reached the terminal is in NAME.bytes. A terminal that is not
installed is skipped and named.

Needs Xvfb, xterm, kitty, foot, cage, Xwayland, grim, xdotool and ImageMagick's `import`.
"""

import argparse
import fcntl
import os
import pathlib
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import tty

DISPLAY = ":87"
NOBODY = 65534


def relay(address, command):
    """Runs a command between this terminal and a pseudo-terminal of its own, logs what it writes, and
    types what comes by a socket."""
    pid, inner = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)

    def resize(*_):
        fcntl.ioctl(inner, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))

    resize()
    signal.signal(signal.SIGWINCH, resize)
    before = termios.tcgetattr(0)
    tty.setraw(0)
    keys = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    keys.bind(address)
    with open(address + ".bytes", "wb") as log:
        while True:
            ready, _, _ = select.select([0, inner, keys], [], [], 1)
            try:
                if 0 in ready:
                    os.write(inner, os.read(0, 65536))
                if keys in ready:
                    os.write(inner, keys.recv(65536))
                if inner in ready:
                    data = os.read(inner, 65536)
                    log.write(data)
                    log.flush()
                    os.write(1, data)
            except OSError:
                break
    termios.tcsetattr(0, termios.TCSADRAIN, before)


def wait_for(path):
    for _ in range(300):
        if path.exists():
            return
        time.sleep(0.1)
    sys.exit(f"{path} did not appear")


class Screen:
    """A terminal on a screen of its own, and the monitor in it."""

    def __init__(self, name, out, command):
        self.name, self.out = name, out
        self.folder = out / f"{name}.run"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.address = str(self.folder / "keys")
        # One that every user may run.
        python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
        self.command = [python, os.path.abspath(__file__), "--relay", self.address, *command]
        self.processes = []

    def start(self, command, environment):
        environment = {**os.environ, **environment}
        for name in ["COLORTERM", "TMUX", "STY", "SSH_CONNECTION", "SSH_TTY", "NO_COLOR"]:
            environment.pop(name, None)
        self.processes.append(
            subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )

    def keys(self, text, seconds=2.0):
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sender.sendto(text.encode(), self.address)
        time.sleep(seconds)

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait()
        log = pathlib.Path(self.address + ".bytes")
        if log.exists():
            shutil.copy(log, self.out / f"{self.name}.bytes")

    def shot(self, step):
        path = self.out / f"{self.name}-{step}.png"
        self.picture(str(path))
        print(f"  {path}")


class X(Screen):
    def open(self, terminal, environment):
        self.start(["Xvfb", DISPLAY, "-screen", "0", "1100x720x24"], {})
        time.sleep(1.5)
        self.environment = {"DISPLAY": DISPLAY, "LIBGL_ALWAYS_SOFTWARE": "1", **environment}
        self.start([*terminal, *self.command], self.environment)

    def picture(self, path):
        subprocess.run(
            ["import", "-window", "root", "-colors", "200", path],
            env={**os.environ, **self.environment},
            check=True,
        )

    def resize(self):
        subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", ".", "windowsize", "720", "520"],
            env={**os.environ, **self.environment},
            check=False,
        )


class Wayland(Screen):
    def open(self, terminal, environment):
        run = self.folder / "wayland"
        run.mkdir(mode=0o700)
        self.environment = {
            "XDG_RUNTIME_DIR": str(run),
            "HOME": str(run),
            "WLR_BACKENDS": "headless",
            "WLR_RENDERER": "pixman",
            "WLR_LIBINPUT_NO_DEVICES": "1",
            **environment,
        }
        command = ["cage", "--", *terminal, *self.command]
        if os.geteuid() == 0:
            # cage refuses to run as root.
            for path in [self.folder, run]:
                os.chown(path, NOBODY, NOBODY)
            user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            command = ["setpriv", *user, *command]
        self.start(command, self.environment)

    def picture(self, path):
        display = next((self.folder / "wayland").glob("wayland-?")).name
        environment = {**os.environ, **self.environment, "WAYLAND_DISPLAY": display}
        subprocess.run(["grim", path], env=environment, check=True)

    def resize(self):
        pass


def screens(out, command):
    font = ["-fa", "DejaVu Sans Mono", "-fs", "10"]
    vt340 = ["-xrm", "*maxGraphicSize: 2000x2000", "-xrm", "*numColorRegisters: 256"]
    kitty = ["-o", "remember_window_size=no", "-o", "initial_window_width=1080"]
    kitty += ["-o", "initial_window_height=700", "-o", "update_check_interval=0"]
    return {
        "xterm": (
            X("xterm", out, command),
            ["xterm", "-ti", "vt340", "-geometry", "120x40", "-bg", "black", "-fg", "gray85"]
            + font
            + vt340
            + ["-e"],
        ),
        "kitty": (X("kitty", out, command), ["kitty", "--config", "NONE", *kitty]),
        "foot": (Wayland("foot", out, command), ["foot", "-o", "font=DejaVu Sans Mono:size=10"]),
    }


def visit(screen, terminal, line):
    screen.open(terminal, {"LANG": "C.UTF-8", "PS1": "$ "})
    wait_for(pathlib.Path(screen.address))
    time.sleep(1)
    screen.keys(line + "\r", 25)
    screen.shot("grid")
    screen.keys("?")
    screen.shot("dialog")
    screen.keys("\x1b")
    screen.shot("after-dialog")
    screen.keys("s")
    screen.keys("\r", 4)
    screen.shot("one")
    screen.keys("\x1b")
    screen.keys("s" * 7, 4)
    screen.resize()
    time.sleep(4)
    screen.shot("resized")
    screen.keys("\x1a", 3)
    screen.shot("suspended")
    screen.keys("fg\r", 5)
    screen.shot("continued")
    screen.keys("q", 1)
    screen.keys("y", 4)
    screen.shot("left")


def main():
    if sys.argv[1:2] == ["--relay"]:
        return relay(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("terminals", nargs="*", default=["xterm", "kitty", "foot"])
    parser.add_argument("--program", default="target/release/gan-tui")
    parser.add_argument("--pictures", default="auto")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--replay", help="a run directory to be played from its end instead")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    program = str(pathlib.Path(options.program).resolve())
    for name in options.terminals:
        if not shutil.which(name):
            print(f"{name}: not installed")
            continue
        run = options.out.resolve() / f"{name}.run" / "run"
        what = f"--preset {options.preset} --threads 1 --out {run}"
        if options.replay:
            what = f"replay {pathlib.Path(options.replay).resolve()} --from 999999999"
        line = f"{program} {what} --pictures {options.pictures}"
        # Ctrl-Z goes back to it.
        shell = ["bash", "--norc", "--noprofile", "-i"]
        screen, terminal = screens(options.out, shell)[name]
        print(name)
        try:
            visit(screen, terminal, line)
        finally:
            screen.stop()


if __name__ == "__main__":
    main()
