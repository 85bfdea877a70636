//! Where a login may lead back to: a code that arrives elsewhere is a login stolen.

use url::{Host, Url};

/// The address when a login may lead back to it: plain http on this machine (RFC 8252, section 7.3), or one that is
/// listed, to the letter.
pub(super) fn allowed(text: &str, listed: &[String]) -> Option<Url> {
    let url = clean(text)?;
    let on_this_machine = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    let fits = url.scheme() == "http" && on_this_machine || listed.iter().any(|one| one == text);
    fits.then_some(url)
}

/// True for an address that may be put on the list.
pub(super) fn may_be_listed(text: &str) -> bool {
    clean(text).is_some_and(|url| ["http", "https"].contains(&url.scheme()))
}

/// An address with neither user nor fragment.
fn clean(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (plain && url.has_host()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_the_list_are_allowed_and_nothing_that_looks_like_them() {
        let listed = ["https://desk.test/back".to_owned()];
        for good in [
            "http://127.0.0.1:5173/back",
            "http://127.0.0.1/",
            "http://[::1]:80/back?a=b",
            "http://localhost:3000/back",
            "https://desk.test/back",
        ] {
            assert!(allowed(good, &listed).is_some(), "{good}");
        }
        for bad in [
            "https://127.0.0.1/back",
            "http://127.0.0.1.evil.test/",
            "http://localhost.evil.test/",
            "http://127.0.0.1@evil.test/",
            "http://evil.test#@127.0.0.1/",
            "http://evil.test/?http://127.0.0.1/",
            "http://user@127.0.0.1/",
            "http://127.0.0.1/#part",
            "https://desk.test/back/",
            "https://desk.test/back?more",
            "javascript:alert(1)",
            "data:text/html,hello",
            "//127.0.0.1/",
            "127.0.0.1",
            "",
        ] {
            assert!(allowed(bad, &listed).is_none(), "{bad}");
        }
    }

    #[test]
    fn only_addresses_of_the_web_may_be_listed() {
        assert!(may_be_listed("https://desk.test/back"));
        for bad in [
            "javascript:alert(1)",
            "https://u@desk.test/",
            "https://desk.test/#a",
            "desk",
        ] {
            assert!(!may_be_listed(bad), "{bad}");
        }
    }
}
