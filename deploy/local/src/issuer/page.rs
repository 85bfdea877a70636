//! The pages a person sees: whom to sign in as, or why nobody can.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::authorize::Login;
use crate::people::{PEOPLE, Person};

mod names;

/// The only style; no script, no picture, nothing from elsewhere.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1.0625rem/1.6 system-ui,sans-serif;margin:0 auto;max-width:48rem;padding:1.5rem}\
h1{font-size:1.5rem}h2{font-size:1.25rem;margin-top:2rem}h3{font-size:1.0625rem;margin:1rem 0 .5rem}\
[lang=en]{opacity:.85}\
.people{display:flex;flex-wrap:wrap;gap:.75rem;list-style:none;margin:0;padding:0}\
button{font:inherit;min-height:2.75rem;padding:.25rem 1rem;border:1px solid;border-radius:.5rem;cursor:pointer}\
button:focus-visible{outline:3px solid Highlight;outline-offset:2px}\
footer{margin-top:2.5rem}";

/// What the page carries from the question to the choice.
const CARRIED: [&str; 9] = [
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// Why a person sees no names. The client is not told: where it is is just what is in doubt.
#[derive(Debug, Clone, Copy)]
pub(super) enum Problem {
    /// Too long, or a parameter twice.
    Unreadable,
    /// No usable `client_id`.
    Client,
    /// A login may not lead back there.
    Redirect,
    /// Nobody of that name.
    Person,
}

impl Problem {
    /// Chinese, then English.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Unreadable => (
                "登录请求无法读取：请求过长，或同一参数出现两次。请从应用重新登录。",
                "The request cannot be read: it is too long, or a parameter is there twice. Start again from the application.",
            ),
            Self::Client => (
                "登录请求缺少有效的 client_id（1 至 64 个字母、数字、点、横线或下划线）。请检查应用的配置。",
                "The request has no valid client_id (1 to 64 letters, digits, dots, hyphens or underscores). Check the settings of the application.",
            ),
            Self::Redirect => (
                "回调地址 redirect_uri 不被允许。只接受本机的 http 地址，或启动时用 --redirect-uri 登记的地址。",
                "This redirect_uri is not allowed. Use an http address of this machine, or start with --redirect-uri.",
            ),
            Self::Person => (
                "没有这个演示人员。请返回上一页重新选择。",
                "There is no such demo person. Go back and choose again.",
            ),
        }
    }
}

/// Everybody who may be chosen, by district and role.
pub(super) fn login(login: &Login) -> Response {
    let mut main = String::new();
    let client = escape(&login.client_id);
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        main,
        "<h1>选择登录人员 {EN}Choose who signs in</span></h1>\
         <p>应用“{client}”请求登录。以下均为虚构的演示人员，无需密码。<br>\
         {EN}The application “{client}” asks for a login. These people are fictitious; there is no password.</span></p>\
         <form method=\"post\" action=\"/authorize\">"
    );
    for name in CARRIED {
        if let Some(value) = login.parameters.get(name) {
            let value = escape(value);
            let _ = write!(main, "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        }
    }
    districts(&mut main);
    let _ = write!(
        main,
        "<footer><button name=\"cancel\" value=\"1\">取消登录 {EN}Cancel</span></button></footer></form>"
    );
    // The browser follows the answer to the form as well, and must be let.
    let target = login.redirect.origin().ascii_serialization();
    page(StatusCode::OK, "登录 Sign in", &main, &format!("'self' {target}"))
}

/// What is wrong, and what to do.
pub(super) fn problem(problem: Problem) -> Response {
    let (zh, en) = problem.texts();
    let main = format!("<h1>无法登录 {EN}Cannot sign in</span></h1><p>{zh}</p><p>{EN}{en}</span></p>");
    page(
        StatusCode::BAD_REQUEST,
        "无法登录 Cannot sign in",
        &main,
        "'none'",
    )
}

/// Begins a piece in English, so that it is also read out in English.
const EN: &str = "<span lang=\"en\">";

fn districts(main: &mut String) {
    for of_district in groups(PEOPLE.iter().collect(), |person| person.district) {
        let code = of_district[0].district;
        let (zh, en) = names::district(code);
        let _ = write!(
            main,
            "<section aria-labelledby=\"d{code}\"><h2 id=\"d{code}\">{zh} {EN}{en}</span></h2>"
        );
        for of_role in groups(of_district, |person| person.roles) {
            role(main, &of_role);
        }
        main.push_str("</section>");
    }
}

fn role(main: &mut String, people: &[&Person]) {
    let names: Vec<_> = people[0].roles.iter().map(|role| names::role(role)).collect();
    let zh: Vec<_> = names.iter().map(|(zh, _)| *zh).collect();
    let en: Vec<_> = names.iter().map(|(_, en)| *en).collect();
    let (zh, en) = (zh.join("、"), en.join(", "));
    let _ = write!(main, "<h3>{zh} {EN}{en}</span></h3><ul class=\"people\">");
    for person in people {
        let (id, name) = (escape(person.id), escape(person.name));
        let _ = write!(
            main,
            "<li><button name=\"person\" value=\"{id}\">{name} {EN}{id}</span></button></li>"
        );
    }
    main.push_str("</ul>");
}

/// Those of one kind together, in the order in which the first of each kind comes.
fn groups<K: PartialEq>(people: Vec<&Person>, kind: impl Fn(&Person) -> K) -> Vec<Vec<&Person>> {
    let mut groups: Vec<Vec<&Person>> = Vec::new();
    for person in people {
        match groups.iter_mut().find(|group| kind(group[0]) == kind(person)) {
            Some(group) => group.push(person),
            None => groups.push(vec![person]),
        }
    }
    groups
}

fn page(status: StatusCode, title: &str, main: &str, form_action: &str) -> Response {
    let text = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} · 信桥 Xinqiao</title>\
         <style>{STYLE}</style></head><body><main>{main}</main></body></html>"
    );
    let style = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (status, headers, Html(text)).into_response()
}

/// Text that stays text, in an element and in a quoted attribute.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_on_the_page_once_under_a_name_of_his_role() {
        let mut main = String::new();
        districts(&mut main);
        for person in PEOPLE {
            assert_eq!(main.matches(&format!("value=\"{}\"", person.id)).count(), 1);
            for role in person.roles {
                assert!(main.contains(names::role(role).0), "{role}");
            }
        }
        assert_eq!(main.matches("<h2").count(), 2);
    }

    #[test]
    fn nothing_that_is_echoed_can_be_markup() {
        assert_eq!(escape("<a href='\"&'>"), "&lt;a href=&#39;&quot;&amp;&#39;&gt;");
    }
}
