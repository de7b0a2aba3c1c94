//! An SSH server on the loopback interface.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use crate::{
    Sandbox,
    needs::{self, Missing},
    wait,
};

/// An SSH server with keys of its own, which ends with the test.
pub struct Sshd {
    child: Child,
    port: u16,
}

impl Sshd {
    /// Starts a server and waits until it listens.
    ///
    /// # Errors
    ///
    /// Returns an error if `ssh`, `sshd` or `ssh-keygen` is missing.
    pub fn start(sandbox: &Sandbox) -> Result<Self, Missing> {
        needs::programs(&["ssh", "ssh-keygen", "sshd"])?;
        for key in ["host", "user"] {
            let made = sandbox
                .program("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f", key])
                .status();
            assert!(made.unwrap().success());
        }
        if needs::is_root() {
            // Usually made by the service.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        fs::copy(sandbox.join("user.pub"), sandbox.join("authorized")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| sandbox.join(name).display().to_string();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\n\
             PidFile {}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n",
            at("host"),
            at("authorized"),
            at("sshd.pid"),
        );
        sandbox.write("sshd_config", config);
        let child = Command::new(needs::program("sshd")?)
            .args(["-D", "-e", "-f", &at("sshd_config")])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait("a server that listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Ok(Self { child, port })
    }

    /// Starts a shell command in a session with a terminal.
    pub fn session(&self, sandbox: &Sandbox, command: &str) -> Child {
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        let mut ssh = sandbox.program("ssh");
        ssh.args(["-tt", "-F", "none", "-i", "user", "-p", &self.port.to_string()]);
        for option in [
            "BatchMode=yes",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=known",
            "LogLevel=ERROR",
        ] {
            ssh.args(["-o", option]);
        }
        ssh.arg(format!("{}@127.0.0.1", user.trim())).arg(command);
        ssh.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
