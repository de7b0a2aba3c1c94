#!/usr/bin/env python3
"""A Slurm of two nodes on this machine's loopback, without a change to the system.

    apt-get install slurm-wlm munge
    python scripts/local_slurm.py start DIR; export SLURM_CONF=DIR/slurm.conf
    python scripts/local_slurm.py stop DIR

It needs root. DIR has its configuration, keys, sockets, state and logs, and is to have a short name:
it holds sockets.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

CONFIGURATION = """\
ClusterName=check
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=17817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
# A requeued job waits for as long as its credentials last, otherwise two minutes.
AuthInfo=socket={dir}/munge.socket,cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MailProg=/bin/true
ReturnToService=0
SchedulerParameters=sched_interval=2
StateSaveLocation={dir}/state
SlurmdSpoolDir={dir}/spool-%n
SlurmctldPidFile={dir}/slurmctld.pid
SlurmdPidFile={dir}/slurmd-%n.pid
SlurmctldLogFile={dir}/slurmctld.log
SlurmdLogFile={dir}/slurmd-%n.log
NodeName=node[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[17818-17819] CPUs=1
PartitionName=all Nodes=ALL Default=YES State=UP
"""
NODES = ("node1", "node2")


def start(folder):
    """Starts the daemons and waits until both nodes are idle. Returns the configuration's path."""
    folder = folder.resolve()
    (folder / "state").mkdir(parents=True)
    folder.chmod(0o755)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log",
             "seed-file": "seed"}
    subprocess.run(["munged", *(f"--{option}={folder}/munge.{extension}"
                                for option, extension in files.items())], check=True)
    configuration = folder / "slurm.conf"
    configuration.write_text(CONFIGURATION.format(host=socket.gethostname(), dir=folder))
    environment = os.environ | {"SLURM_CONF": str(configuration)}
    subprocess.run(["slurmctld"], env=environment, check=True)
    for node in NODES:
        subprocess.run(["slurmd", "-N", node], env=environment, check=True)
    sinfo = ["sinfo", "--noheader", "--Node", "--format=%T"]
    for _ in range(60):
        done = subprocess.run(sinfo, env=environment, capture_output=True, text=True)
        if done.stdout.split() == ["idle"] * len(NODES):
            return configuration
        time.sleep(0.5)
    stop(folder)
    sys.exit(f"the nodes are not idle: {done.stdout}{done.stderr}; see the logs in {folder}")


def stop(folder):
    """Ends the daemons, and waits for them."""
    for path in [*folder.glob("slurm*.pid"), folder / "munge.pid"]:
        try:
            pid = int(path.read_text())
            os.kill(pid, signal.SIGTERM)
        except (FileNotFoundError, ProcessLookupError):
            continue
        for _ in range(100):
            if not pathlib.Path(f"/proc/{pid}").exists():
                break
            time.sleep(0.1)
        else:
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("start", "stop"):
        sys.exit(__doc__)
    print({"start": start, "stop": stop}[sys.argv[1]](pathlib.Path(sys.argv[2])) or "stopped")
