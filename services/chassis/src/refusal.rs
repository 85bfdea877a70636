//! What a caller is told when his request is not carried out.
//!
//! A [`Refusal`] becomes a status with a stable reason (`google.rpc.ErrorInfo`), every wrong field
//! (`google.rpc.BadRequest`), and a sentence a clerk understands: Chinese as the message, English as the
//! localised one. Nothing of the inside gets out: what went wrong there is logged once, with the trace.

use std::{borrow::Cow, collections::HashMap, fmt, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, LocalizedMessage, StatusExt as _};

mod page;

pub use page::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page};
pub use xinqiao_kernel::{Fields, Violation, WrongFields};

/// The domain of every reason.
pub const DOMAIN: &str = "xinqiao";

/// Wrong fields that the message itself names; it says how many there are.
const NAMED: usize = 3;

/// Bytes that a refusal may take in the trailers of an answer: clients take 8 KB of headers at the least. Wrong fields that
/// do not fit are counted and left out.
const TRAILERS_MAX: usize = 7_400;

/// Why a request is not carried out.
#[derive(Debug, Clone)]
pub struct Refusal(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: Code,
    reason: &'static str,
    zh: Cow<'static, str>,
    en: Cow<'static, str>,
    metadata: HashMap<String, String>,
    violations: Vec<Violation>,
    retry_after: Option<Duration>,
    cause: Option<String>,
}

impl Refusal {
    /// A refusal with its stable reason and both sentences.
    pub fn new(code: Code, reason: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            reason,
            zh: Cow::Owned(zh.into()),
            en: Cow::Owned(en.into()),
            metadata: HashMap::new(),
            violations: Vec::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// `INVALID_ARGUMENT`, `INVALID_FIELDS`: every wrong field at once.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let (zh, en) = sentences(&violations);
        let mut refusal = Self::new(Code::InvalidArgument, "INVALID_FIELDS", zh, en);
        refusal.0.violations = violations;
        refusal
    }

    /// `NOT_FOUND`: the same for what does not exist and for what belongs to another district.
    pub fn not_found(what_zh: &str, what_en: &str) -> Self {
        Self::new(
            Code::NotFound,
            "NOT_FOUND",
            format!("未找到{what_zh}"),
            format!("{what_en} was not found"),
        )
    }

    /// `PERMISSION_DENIED`: the caller's roles do not allow it.
    pub fn forbidden(reason: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Code::PermissionDenied, reason, zh, en)
    }

    /// `FAILED_PRECONDITION`, `NOT_YET_HERE`: the hand-over of the case has not arrived in this service.
    pub fn not_yet_here() -> Self {
        Self::new(
            Code::FailedPrecondition,
            "NOT_YET_HERE",
            "该信访事项尚未移交到本环节，请稍后再试",
            "the case has not yet been handed over to this service; try again shortly",
        )
    }

    /// `FAILED_PRECONDITION`, `WRONG_HOLDER`: another service holds the case.
    pub fn wrong_holder(holder: &str) -> Self {
        Self::new(
            Code::FailedPrecondition,
            "WRONG_HOLDER",
            "该信访事项当前不在本环节办理",
            "the case is held by another service",
        )
        .with_metadata("holder", holder)
    }

    /// The same when this service does not know who holds the case now.
    pub fn gone_on() -> Self {
        Self::new(
            Code::FailedPrecondition,
            "WRONG_HOLDER",
            "该信访事项已转入后续环节，不再由本环节办理",
            "the case has gone on from this service",
        )
    }

    /// `FAILED_PRECONDITION`, `WRONG_STATE`: the state of the case does not allow this act.
    pub fn wrong_state(state: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Code::FailedPrecondition, "WRONG_STATE", zh, en).with_metadata("state", state)
    }

    /// `ABORTED`, `STALE_VERSION`: the row has changed since the caller saw it.
    pub fn stale_version() -> Self {
        Self::new(
            Code::Aborted,
            "STALE_VERSION",
            "数据已被他人修改，请刷新后重新操作",
            "the record has changed since you read it; read it again and repeat",
        )
    }

    /// `UNAVAILABLE`: nothing was changed, the same request may be sent again after the time given.
    pub fn try_again(after: Duration) -> Self {
        let mut refusal = Self::new(
            Code::Unavailable,
            "TRY_AGAIN",
            "系统繁忙，请稍后用同一请求重试，内容不会重复登记",
            "the service is busy; send the same request again shortly, nothing happens twice",
        );
        refusal.0.retry_after = Some(after);
        refusal
    }

    /// `INTERNAL`: something is wrong inside. The cause goes to the log, once, and not to the caller.
    pub fn internal(cause: &(dyn fmt::Display + '_)) -> Self {
        tracing::error!(%cause, "request failed inside");
        let mut refusal = Self::new(
            Code::Internal,
            "INTERNAL",
            "系统内部错误，请联系管理员并提供追踪编号",
            "something went wrong inside; tell the administrator the trace number",
        );
        refusal.0.cause = Some(cause.to_string());
        refusal
    }

    /// What went wrong inside, for operators; never told to a caller.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The same with one more fact a program may use, for example the next free slots.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.metadata.insert(key.into(), value.into());
        self
    }

    /// The same with one more wrong field.
    #[must_use]
    pub fn with_violation(mut self, violation: Violation) -> Self {
        self.0.violations.push(violation);
        self
    }

    /// The same with the advice to try again after a time.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// The status code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The stable reason.
    pub fn reason(&self) -> &'static str {
        self.0.reason
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> &str {
        &self.0.zh
    }

    /// The wrong fields.
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// True when the same request may succeed if it is simply sent again.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.0.code,
            Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.0.en, self.0.reason)
    }
}

impl std::error::Error for Refusal {}

/// What is wrong, in a sentence of each language: the first fields, and how many there are.
fn sentences(violations: &[Violation]) -> (String, String) {
    let first = &violations[..violations.len().min(NAMED)];
    let zh: Vec<_> = first.iter().map(|violation| violation.zh.as_str()).collect();
    let en: Vec<_> = first.iter().map(|violation| violation.en.as_str()).collect();
    let (zh, en, count) = (zh.join("；"), en.join("; "), violations.len());
    if count > NAMED {
        (
            format!("填写内容有误，共{count}处：{zh}；等"),
            format!("{count} fields are wrong, among them: {en}"),
        )
    } else {
        (
            format!("填写内容有误：{zh}"),
            format!("some fields are wrong: {en}"),
        )
    }
}

impl From<WrongFields> for Refusal {
    fn from(wrong: WrongFields) -> Self {
        Self::invalid(wrong.into_violations())
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let mut inner = *refusal.0;
        let count = inner.violations.len();
        cut(&mut inner);
        if inner.violations.len() < count {
            inner
                .metadata
                .insert("violations_total".to_owned(), count.to_string());
        }
        let mut details = ErrorDetails::with_error_info(inner.reason, DOMAIN, inner.metadata);
        details.set_localized_message("en", inner.en);
        if !inner.violations.is_empty() {
            details.set_bad_request(
                inner
                    .violations
                    .into_iter()
                    .map(field_violation)
                    .collect::<Vec<_>>(),
            );
        }
        if inner.retry_after.is_some() {
            details.set_retry_info(inner.retry_after);
        }
        Self::with_error_details(inner.code, inner.zh, details)
    }
}

/// Leaves out the last wrong fields when all of them would not fit. The message travels twice: three bytes for each of
/// its own as a header, and in the details, which take four bytes for each three.
fn cut(inner: &mut Inner) {
    let facts = inner
        .metadata
        .iter()
        .map(|(key, value)| key.len() + value.len() + 8);
    let mut left = (TRAILERS_MAX * 3 / 4)
        .saturating_sub(inner.zh.len() * 13 / 4 + inner.en.len() + facts.sum::<usize>());
    let fitting = inner.violations.iter().take_while(|violation| {
        let Violation {
            field,
            reason,
            zh,
            en,
        } = violation;
        let size = field.len() + reason.len() + zh.len() + en.len() + 24;
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    });
    let fitting = fitting.count();
    inner.violations.truncate(fitting);
}

fn field_violation(violation: Violation) -> FieldViolation {
    FieldViolation {
        field: violation.field,
        description: violation.zh,
        reason: violation.reason.to_owned(),
        localized_message: Some(LocalizedMessage::new("en", violation.en)),
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        if is_transient(&error) {
            tracing::warn!(%error, "database is busy or away");
            Self::try_again(Duration::from_millis(500))
        } else {
            Self::internal(&error)
        }
    }
}

/// True for a failure of the database after which the same transaction may succeed.
pub fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            // Serialization failure, deadlock, lock not available, statement cancelled, too many
            // connections; the classes of connection failure and of a server that is going down.
            matches!(&*code, "40001" | "40P01" | "55P03" | "57014" | "53300")
                || code.starts_with("08")
                || code.starts_with("57P")
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_in_the_status() {
        let refusal = Refusal::invalid(vec![
            Violation::new("title", "REQUIRED", "标题必填", "title is required"),
            Violation::new(
                "petitioners[0].resident_id",
                "WRONG_CHECK_DIGIT",
                "身份证号有误",
                "check digit",
            ),
        ]);
        let status = Status::from(refusal);
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "INVALID_FIELDS");
        let violations = &details.bad_request().unwrap().field_violations;
        assert_eq!(violations[1].field, "petitioners[0].resident_id");
        assert_eq!(violations[1].reason, "WRONG_CHECK_DIGIT");
        assert!(status.message().contains("标题必填"));
    }

    /// What the headers of a status weigh, as HTTP/2 counts them.
    fn weight(status: &Status) -> usize {
        let headers = status.clone().into_http::<()>().headers().clone();
        let sizes = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 32);
        sizes.sum()
    }

    #[test]
    fn a_refusal_of_six_hundred_fields_fits_into_the_headers_and_says_how_many_there_are() {
        let mut fields = Fields::new();
        for index in 0..200 {
            fields.within(&format!("submission.petitioners[{index}]"), |fields| {
                fields.choice::<i32>("kind", 0);
                fields.text("name", "<b>", 5..=100);
            });
        }
        let refusal = Refusal::from(fields.finish().unwrap_err());
        assert_eq!(refusal.violations().len(), 600);
        assert!(refusal.zh().contains("共600处") && refusal.zh().contains("请选择第1个信访人的信访人类别"));
        let status = Status::from(refusal);
        assert!(weight(&status) < 8 * 1024, "{}", weight(&status));
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["violations_total"], "600");
        let told = details.bad_request().unwrap().field_violations.len();
        assert!((3..100).contains(&told), "{told}");
    }

    #[test]
    fn every_field_is_told_when_all_fit() {
        let mut fields = Fields::new();
        for name in ["title", "content", "purpose", "requests"] {
            fields.missing(name);
        }
        let status = Status::from(Refusal::from(fields.finish().unwrap_err()));
        let details = status.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations.len(), 4);
        assert!(
            !details
                .error_info()
                .unwrap()
                .metadata
                .contains_key("violations_total")
        );
    }

    #[test]
    fn what_the_database_said_stays_inside() {
        let status = Status::from(Refusal::from(sqlx::Error::Protocol("secret detail".into())));
        assert_eq!(status.code(), Code::Internal);
        assert!(!status.message().contains("secret"));
    }

    #[test]
    fn a_database_that_is_away_is_worth_another_try() {
        let status = Status::from(Refusal::from(sqlx::Error::PoolTimedOut));
        assert_eq!(status.code(), Code::Unavailable);
        assert!(
            status
                .get_error_details()
                .retry_info()
                .unwrap()
                .retry_delay
                .is_some()
        );
    }
}
