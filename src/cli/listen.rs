//! `-listen=host:port`: how an address is written, and the socket that listens there.

use super::failure::{Failure, os_error};
use super::report;
use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

/// An address as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListenSpec {
    /// Name or address; empty for every address of this machine.
    host: String,
    /// As it was typed: one that no port can be is found out when it is bound, as with the Go wazero.
    port: i64,
}

/// Reads every address: host and port around the last colon.
pub(super) fn parse(texts: &[OsString]) -> Result<Vec<ListenSpec>, Failure> {
    texts.iter().map(|text| parse_one(&text.to_string_lossy())).collect()
}

fn parse_one(text: &str) -> Result<ListenSpec, Failure> {
    let Some((host, port)) = text.rsplit_once(':') else {
        return Err(Failure::new("invalid listen").hint(format!("write host and port, as in `-listen={text}:8080`")));
    };
    let port = parse_port(port)
        .map_err(|why| Failure::new(format!("invalid listen port: strconv.Atoi: parsing {port:?}: {why}")))?;
    Ok(ListenSpec { host: host.to_owned(), port })
}

/// A number as Go reads it: a sign, then decimal digits.
fn parse_port(text: &str) -> Result<i64, &'static str> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("invalid syntax");
    }
    text.parse().map_err(|_| "value out of range")
}

/// Opens a socket for each address. One whose port the system chose is told to the user.
pub(super) fn bind(specs: &[ListenSpec]) -> Result<Vec<TcpListener>, Failure> {
    let bind =
        |spec| bind_one(spec).map_err(|why| Failure::new(format!("error instantiating wasm binary: listen tcp{why}")));
    specs.iter().map(bind).collect()
}

/// Opens a socket; the error is the end of what Go says.
fn bind_one(spec: &ListenSpec) -> Result<TcpListener, String> {
    let port = u16::try_from(spec.port).map_err(|_| format!(": address {}: invalid port", spec.port))?;
    let addresses = addresses(&spec.host, port)?;
    let mut refused = String::new();
    for address in addresses {
        match TcpListener::bind(address) {
            Ok(listener) => {
                if let (0, Ok(chosen)) = (port, listener.local_addr()) {
                    report::print(&format!("listening on {chosen}\n"));
                }
                return Ok(listener);
            }
            Err(error) => refused = format!(" {}: bind: {}", shown(spec, address), os_error(&error)),
        }
    }
    Err(refused)
}

/// What Go shows of an address: the port alone where no host was typed.
fn shown(spec: &ListenSpec, address: SocketAddr) -> String {
    if spec.host.is_empty() { format!(":{}", address.port()) } else { address.to_string() }
}

/// The addresses that a host may mean, the best first.
fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    if host.is_empty() {
        // The first takes connections of both families; a machine without the newer one refuses it.
        return Ok(vec![(Ipv6Addr::UNSPECIFIED, port).into(), (Ipv4Addr::UNSPECIFIED, port).into()]);
    }
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if bare.is_none() && host.contains(':') {
        return Err(format!(": address {host}:{port}: too many colons in address"));
    }
    let name = bare.unwrap_or(host);
    let found = (name, port).to_socket_addrs().map_err(|error| format!(": lookup {name}: {}", lookup_error(&error)))?;
    // As Go does, which most programs that are connected to rely on: `localhost` is 127.0.0.1.
    let best = found.min_by_key(SocketAddr::is_ipv6).ok_or_else(|| format!(": lookup {name}: no such host"))?;
    Ok(vec![best])
}

/// Why a name has no address. The system's own words come in many forms, of which nearly all mean this.
fn lookup_error(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => os_error(error),
        None => "no such host".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<(&str, i64), &str>) {
        let expect = expect.map(|(host, port)| (host.to_owned(), port)).map_err(str::to_owned);
        let got = parse_one(text).map(|spec| (spec.host, spec.port));
        assert_eq!(got.map_err(|failure| failure.to_string().lines().next().unwrap_or_default().to_owned()), expect);
    }

    #[test]
    fn addresses_split_at_the_last_colon() {
        check("localhost:80", Ok(("localhost", 80)));
        check(":0", Ok(("", 0)));
        check("[::1]:8080", Ok(("[::1]", 8080)));
        check("::1:80", Ok(("::1", 80)));
        check("x:70000", Ok(("x", 70000)));
        check("x", Err("invalid listen"));
        check("", Err("invalid listen"));
        check("x:bar", Err(r#"invalid listen port: strconv.Atoi: parsing "bar": invalid syntax"#));
        check("x:", Err(r#"invalid listen port: strconv.Atoi: parsing "": invalid syntax"#));
        check(
            "x:99999999999999999999",
            Err(r#"invalid listen port: strconv.Atoi: parsing "99999999999999999999": value out of range"#),
        );
    }

    #[track_caller]
    fn check_bind(host: &str, port: i64, expect: &str) {
        let bound = bind(&[ListenSpec { host: host.to_owned(), port }]);
        let message = bound.err().map(|failure| failure.to_string());
        assert_eq!(message.as_deref().map(str::trim_end), Some(expect));
    }

    #[test]
    fn what_cannot_be_bound() {
        let taken = TcpListener::bind("127.0.0.1:0").and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
        let (port, _listener) = taken.unwrap_or_else(|error| panic!("{error}"));
        let start = "error instantiating wasm binary: listen tcp";
        for (host, address) in [("127.0.0.1", "127.0.0.1"), ("", "0.0.0.0"), ("0.0.0.0", "0.0.0.0")] {
            // Windows has other words, and may let all addresses be bound beside one of them.
            match TcpListener::bind((address, port)) {
                Err(error) => {
                    let reason = os_error(&error);
                    check_bind(host, port.into(), &format!("{start} {host}:{port}: bind: {reason}"));
                }
                Ok(_) => assert_ne!(host, "127.0.0.1"),
            }
        }
        check_bind("127.0.0.1", 70000, &format!("{start}: address 70000: invalid port"));
        check_bind("::1", 80, &format!("{start}: address ::1:80: too many colons in address"));
        check_bind("999.999.999.999", 80, &format!("{start}: lookup 999.999.999.999: no such host"));
    }

    #[test]
    fn hosts_that_listen() {
        for host in ["", "localhost", "127.0.0.1"] {
            let bound = bind(&[ListenSpec { host: host.to_owned(), port: 0 }]);
            let ports: Vec<_> =
                bound.into_iter().flatten().flat_map(|listener| listener.local_addr()).map(|at| at.port()).collect();
            assert!(ports.len() == 1 && ports[0] != 0, "{host}");
        }
    }
}
