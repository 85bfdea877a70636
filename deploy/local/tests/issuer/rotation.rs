//! The signing key is changed while tokens are about.

use std::time::{Duration, Instant};

use xinqiao_chassis::identity::Denial;
use xinqiao_local::people::find;

use crate::client::{Provider, Service};

/// Asks until the service has fetched the keys again.
async fn until(service: &Service, token: &str, wanted: impl Fn(Result<(), Denial>) -> bool) {
    let begun = Instant::now();
    while !wanted(service.verify(token).await.map(drop)) {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "the keys were not fetched again"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_new_key_signs_the_old_one_holds_until_the_next_rotation() {
    let provider = Provider::start().await;
    let person = find("li-dengji").unwrap();
    let service = Service::trusting(&provider.issuer);
    let first = provider.issuer.token(person).unwrap();
    service.verify(&first).await.unwrap();

    assert_eq!(provider.issuer.rotate().unwrap(), "local-2");
    let set = provider.json("/jwks").await;
    assert_eq!(set["keys"].as_array().unwrap().len(), 2);
    let second = provider.issuer.token(person).unwrap();
    until(&service, &second, |outcome| outcome.is_ok()).await;
    service.verify(&first).await.unwrap();

    assert_eq!(provider.issuer.rotate().unwrap(), "local-3");
    until(&service, &first, |outcome| outcome == Err(Denial::UnknownKey)).await;
    service.verify(&second).await.unwrap();
}
