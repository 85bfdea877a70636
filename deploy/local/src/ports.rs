//! Free ports on loopback, below the range that outgoing connections use.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Result, bail};

const LOWEST: u16 = 20_000;
const HIGHEST: u16 = 32_000;

/// A port nobody listens on now. Each process begins its search elsewhere, so that two launchers seldom meet.
pub fn free() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = HIGHEST - LOWEST;
    let offset = u16::try_from(std::process::id() % u32::from(span))?.wrapping_mul(37);
    for _ in 0..span {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = LOWEST + offset.wrapping_add(step) % span;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port between {LOWEST} and {HIGHEST} on 127.0.0.1; stop something that listens there")
}
