//! The way to a server: through the proxy that the environment names, with the certificates that
//! the system trusts.

use std::{sync::Arc, time::Duration};

use ureq::{
    Agent, Proxy, ProxyProtocol,
    http::{Uri, uri::InvalidUri},
    tls::{Certificate, RootCerts, TlsConfig},
};

use super::{
    FetchError,
    answer::{Answer, USER_AGENT},
    plain_get,
};

/// Names of the variable that says where to find the certificates of trusted authorities.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// HTTP clients for `https:` and for `http:` addresses.
#[derive(Debug, Clone)]
pub struct Network {
    https: Agent,
    http: Agent,
    /// An HTTP proxy that is sent requests for `http:` addresses as they are, without a tunnel,
    /// which many proxies allow to HTTPS alone.
    http_proxy: Option<Proxy>,
    patience: Duration,
}

impl Network {
    /// Prepares the clients by the environment's variables.
    ///
    /// # Errors
    /// Returns an error if a proxy cannot be understood, or the certificates that the environment
    /// names cannot be read.
    pub fn from_env(
        patience: Duration,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, FetchError> {
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let roots = roots(&env)?;
        let agent = |proxy: Option<Proxy>| {
            let tls = TlsConfig::builder().root_certs(roots.clone()).build();
            Agent::config_builder()
                .user_agent(USER_AGENT)
                .http_status_as_error(false)
                .timeout_connect(Some(patience))
                .timeout_send_request(Some(patience))
                .timeout_recv_response(Some(patience))
                .tls_config(tls)
                .proxy(proxy)
                .build()
                .new_agent()
        };
        let https = proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"], &env)?;
        let http = proxy(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"], &env)?;
        let (http_proxy, http) = match http {
            Some(proxy) if proxy.protocol() == ProxyProtocol::Http => (Some(proxy), None),
            other => (None, other),
        };
        Ok(Self { https: agent(https), http: agent(http), http_proxy, patience })
    }

    /// Asks for what is at an address, from byte `from` on.
    ///
    /// # Errors
    /// Returns ureq's error, or that of the proxy.
    pub fn get(&self, url: &str, from: u64) -> Result<Answer, ureq::Error> {
        let invalid = |error: InvalidUri| ureq::Error::Http(error.into());
        let uri: Uri = url.parse().map_err(invalid)?;
        let is_plain = uri.scheme_str() == Some("http");
        if let Some(proxy) = self.http_proxy.as_ref().filter(|proxy| !proxy.is_no_proxy(&uri))
            && is_plain
        {
            return match plain_get::get(proxy, &uri, from, self.patience)? {
                plain_get::Outcome::Answer(answer) => Ok(answer),
                plain_get::Outcome::Elsewhere(url) => asked(&self.https, &url, from),
            };
        }
        asked(if is_plain { &self.http } else { &self.https }, url, from)
    }
}

fn asked(agent: &Agent, url: &str, from: u64) -> Result<Answer, ureq::Error> {
    let mut request = agent.get(url);
    if from > 0 {
        request = request.header("Range", format!("bytes={from}-"));
    }
    let response = request.call()?;
    let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    Ok(Answer {
        status: response.status().as_u16(),
        status_text: response.status().to_string(),
        length: header("content-length").and_then(|length| length.parse().ok()),
        range: header("content-range"),
        body: Box::new(response.into_body().into_reader()),
    })
}

/// Returns the proxy of the first variable that is set.
fn proxy(
    names: &[&str],
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, FetchError> {
    let Some((name, value)) = names.iter().find_map(|name| Some((*name, env(name)?))) else {
        return Ok(None);
    };
    let wrong = |_| FetchError::Proxy { variable: name.into(), value: value.clone() };
    // The host's name is resolved by the proxy in any case.
    let proxy = Proxy::new(&value.replacen("socks5h://", "socks5://", 1)).map_err(wrong)?;
    let mut with_exceptions = Proxy::builder(proxy.protocol())
        .host(proxy.host())
        .port(proxy.port())
        .resolve_target(proxy.protocol() == ProxyProtocol::Socks4);
    if let Some(name) = proxy.username() {
        with_exceptions = with_exceptions.username(name);
    }
    if let Some(password) = proxy.password() {
        with_exceptions = with_exceptions.password(password);
    }
    let exceptions = env("no_proxy").or_else(|| env("NO_PROXY")).unwrap_or_default();
    for exception in exceptions.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        with_exceptions = with_exceptions.no_proxy(exception);
    }
    with_exceptions.build().map(Some).map_err(wrong)
}

/// Returns the authorities that are trusted: the system's, or those that `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` name; where the system has none, Mozilla's.
fn roots(env: &dyn Fn(&str) -> Option<String>) -> Result<RootCerts, FetchError> {
    let named = CERTIFICATES.iter().find_map(|name| Some((*name, env(name)?)));
    let found = match env("SSL_CERT_FILE") {
        Some(file) => rustls_native_certs::load_certs_from_paths(
            Some(file.as_ref()),
            env("SSL_CERT_DIR").as_deref().map(std::path::Path::new),
        ),
        None => rustls_native_certs::load_native_certs(),
    };
    let certificates: Vec<Certificate<'static>> =
        found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    match (certificates.is_empty(), named) {
        (false, _) => Ok(RootCerts::Specific(Arc::new(certificates))),
        (true, None) => Ok(RootCerts::WebPki),
        (true, Some((variable, value))) => {
            let reason = found.errors.first().map(ToString::to_string);
            let reason = reason.unwrap_or_else(|| "no certificate in it".into());
            Err(FetchError::Certificates { variable, value, reason })
        }
    }
}
