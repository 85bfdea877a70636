//! Ports on loopback: free ones, below the range that outgoing connections use, or a row of one's own choice.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Result, bail};

const LOWEST: u16 = 20_000;
const HIGHEST: u16 = 32_000;
/// Issuer, Postgres, NATS and five services.
const ROW: u16 = 8;
const LAST_START_OF_A_ROW: u16 = u16::MAX - (ROW - 1);

/// A port nobody listens on now. Each process begins its search elsewhere, so that two launchers seldom meet.
pub fn free() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = HIGHEST - LOWEST;
    let offset = u16::try_from(std::process::id() % u32::from(span))?.wrapping_mul(37);
    for _ in 0..span {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = LOWEST + offset.wrapping_add(step) % span;
        if is_free(port) {
            return Ok(port);
        }
    }
    bail!("no free port between {LOWEST} and {HIGHEST} on 127.0.0.1; stop something that listens there")
}

/// The row of ports that begins with `first`, when all of them are free.
pub(crate) fn row(first: u16) -> Result<RangeInclusive<u16>> {
    let Some(last) = first.checked_add(ROW - 1) else {
        bail!("{}", beyond());
    };
    let busy: Vec<String> = (first..=last)
        .filter(|port| !is_free(*port))
        .map(|port| port.to_string())
        .collect();
    if !busy.is_empty() {
        bail!(
            "these ports cannot be listened on: {}; stop what listens there, or choose another --first-port",
            busy.join(", ")
        );
    }
    Ok(first..=last)
}

/// What `--first-port` takes.
pub(crate) fn first_of_row(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|port| (1..=LAST_START_OF_A_ROW).contains(port))
        .ok_or_else(beyond)
}

fn beyond() -> String {
    format!("a row of {ROW} ports begins between 1 and {LAST_START_OF_A_ROW}")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_begins_where_eight_ports_follow() {
        assert_eq!(first_of_row("1"), Ok(1));
        assert_eq!(first_of_row("65528"), Ok(65_528));
        for wrong in ["0", "65529", "65536", "-1", "many"] {
            assert!(first_of_row(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_row_names_every_port_that_is_taken() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = listener.local_addr().unwrap().port();
        let refused = row(taken - 3).unwrap_err().to_string();
        assert!(refused.contains(&taken.to_string()), "{refused}");
    }
}
