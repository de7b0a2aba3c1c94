//! Proxies and certificates, with servers on loopback.
//!
//! `certificates/` has an authority that nobody trusts, and a server's certificate and key by it,
//! made with `openssl req` and `openssl x509` for a hundred years.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::mpsc::{Receiver, channel},
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use super::*;

const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody";

/// Asks with these variables: the status and the body.
fn ask(variables: &[(&str, &str)], url: &str, from: u64) -> Result<(u16, String), String> {
    let env = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let network = Network::from_env(PATIENCE, &env).map_err(|error| error.to_string())?;
    let mut answer = network.get(url, from).map_err(|error| error.to_string())?;
    let mut body = String::new();
    answer.body.read_to_string(&mut body).unwrap();
    Ok((answer.status, body))
}

/// Serves each connection by `serve`; returns the address and what it gave.
fn server<T: Send + 'static>(
    serve: impl Fn(TcpStream) -> T + Send + 'static,
) -> (String, Receiver<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, given) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            if sender.send(serve(stream.unwrap())).is_err() {
                return;
            }
        }
    });
    (address, given)
}

/// Reads the lines of a request's head.
fn head(stream: &TcpStream) -> Vec<String> {
    BufReader::new(stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect()
}

#[test]
fn an_http_proxy_is_sent_the_whole_address_and_no_tunnel_is_asked_for() {
    let (proxy, requests) = server(|mut stream| {
        let lines = head(&stream);
        let answer = match lines[0].contains("/moved/") {
            true => &b"HTTP/1.1 302 Found\r\nLocation: http://b.example/c\r\n\r\n"[..],
            false => ANSWER,
        };
        stream.write_all(answer).unwrap();
        lines
    });
    let variable = format!("http://name:word@{proxy}");
    let variables = [("http_proxy", variable.as_str()), ("no_proxy", "127.0.0.1")];
    let url = "http://a.example:81/set/x.gz?y";
    assert_eq!(ask(&variables, url, 7), Ok((200, "body".into())));
    let lines = requests.recv().unwrap();
    assert_eq!(lines[0], "GET http://a.example:81/set/x.gz?y HTTP/1.0");
    for line in ["Host: a.example:81", "Range: bytes=7-", "Proxy-Authorization: Basic bmFtZTp3b3Jk"]
    {
        assert!(lines.iter().any(|found| found == line), "{line}: {lines:?}");
    }
    ask(&variables, "http://a.example/moved/x", 0).unwrap();
    requests.recv().unwrap();
    assert_eq!(requests.recv().unwrap()[0], "GET http://b.example/c HTTP/1.0");

    let (direct, asked) = server(|mut stream| {
        let lines = head(&stream);
        stream.write_all(ANSWER).unwrap();
        lines
    });
    assert_eq!(ask(&variables, &format!("http://{direct}/x"), 0), Ok((200, "body".into())));
    assert_eq!(asked.recv().unwrap()[0], "GET /x HTTP/1.1", "as no_proxy says");
}

#[test]
fn a_socks_proxy_is_asked_for_the_host_by_name() {
    let (proxy, hosts) = server(|mut stream| {
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).unwrap();
        stream.read_exact(&mut vec![0; usize::from(greeting[1])]).unwrap();
        stream.write_all(&[5, 0]).unwrap();
        let mut request = [0; 5];
        stream.read_exact(&mut request).unwrap();
        assert_eq!(request[..4], [5, 1, 0, 3], "connect to a name");
        let mut rest = vec![0; usize::from(request[4]) + 2];
        stream.read_exact(&mut rest).unwrap();
        stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).unwrap();
        head(&stream);
        stream.write_all(ANSWER).unwrap();
        String::from_utf8(rest[..rest.len() - 2].to_vec()).unwrap()
    });
    for scheme in ["socks5", "socks5h"] {
        let variable = format!("{scheme}://{proxy}");
        let answer = ask(&[("ALL_PROXY", &variable)], "http://a.example/x", 0);
        assert_eq!(answer, Ok((200, "body".into())), "{scheme}");
        assert_eq!(hosts.recv().unwrap(), "a.example");
    }
}

#[test]
fn a_proxy_that_cannot_be_understood_is_an_error() {
    let error = ask(&[("ALL_PROXY", "gopher://host:70")], "http://a.example/", 0).unwrap_err();
    assert_eq!(
        error,
        "ALL_PROXY: expected http://, https://, socks4:// or socks5://HOST:PORT, found \
         gopher://host:70"
    );
}

#[test]
fn the_certificates_that_the_environment_names_are_trusted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fetch/certificates");
    let chain = vec![CertificateDer::from_pem_file(folder.join("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let (address, _given) = server(move |stream| {
        let connection = ServerConnection::new(config.clone()).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        // A client that does not trust the server ends the handshake.
        let mut request = [0; 1024];
        if stream.read(&mut request).is_ok() {
            let _ = stream.write_all(ANSWER);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    let url = format!("https://localhost:{}/x", address.rsplit_once(':').unwrap().1);
    let authority = folder.join("ca.pem").display().to_string();
    assert_eq!(ask(&[("SSL_CERT_FILE", &authority)], &url, 0), Ok((200, "body".into())));
    let unknown = ask(&[], &url, 0).unwrap_err();
    assert!(unknown.contains("UnknownIssuer"), "{unknown}");
    let missing = ask(&[("SSL_CERT_FILE", "/none.pem")], &url, 0).unwrap_err();
    assert!(missing.starts_with("SSL_CERT_FILE=/none.pem: no certificates: "), "{missing}");
}
