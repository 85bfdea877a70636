//! The key set over HTTP: asked for when it is needed, not more often than a minute allows.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tonic::Code;
use xinqiao_chassis::testing::{Issuer, header};
use xinqiao_proto::intake::RegisterVisitRequest;

use super::{Edge, clerk};

/// Answers every request with the key set; counts them.
async fn provider(key_set: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            let length = key_set.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{key_set}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, asked)
}

#[tokio::test]
async fn a_hundred_unknown_keys_ask_the_provider_once() {
    let issuer = Issuer::new();
    let (url, asked) = provider(issuer.key_set()).await;
    let edge = Edge::with(&[("XINQIAO_JWKS_URL", &url)]).await;
    edge.client(&issuer.token(&clerk()))
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap();
    for number in 0..100 {
        let mut head = header();
        head.kid = Some(format!("unknown-{number}"));
        let token = issuer.sign(&head, &clerk().claims());
        let status = edge
            .client(&token)
            .register_visit(RegisterVisitRequest::default())
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_provider_that_is_away_lets_nobody_in() {
    let edge = Edge::with(&[("XINQIAO_JWKS_URL", "http://127.0.0.1:1/jwks")]).await;
    let status = edge
        .clerk()
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}
