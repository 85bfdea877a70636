//! What a caller is told when his request is not carried out.
//!
//! A [`Refusal`] becomes a status with a stable reason (`google.rpc.ErrorInfo`), every wrong field
//! (`google.rpc.BadRequest`), and a sentence a clerk understands: Chinese as the message, English as the
//! localised one. Nothing of the inside gets out: what went wrong there is logged once, with the trace.

use std::{borrow::Cow, collections::HashMap, fmt, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, LocalizedMessage, StatusExt as _};

mod fields;
mod page;

pub use fields::Fields;
pub use page::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page};

/// The domain of every reason.
pub const DOMAIN: &str = "xinqiao";

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, for example `petitioners[0].resident_id`.
    pub field: String,
    /// Stable reason, for example `WRONG_CHECK_DIGIT`.
    pub reason: &'static str,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
}

impl Violation {
    /// A wrong field.
    pub fn new(
        field: impl Into<String>,
        reason: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            reason,
            zh: zh.into(),
            en: en.into(),
        }
    }
}

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
        let zh = violations
            .iter()
            .map(|violation| violation.zh.as_str())
            .collect::<Vec<_>>()
            .join("；");
        let en = violations
            .iter()
            .map(|violation| violation.en.as_str())
            .collect::<Vec<_>>()
            .join("; ");
        let mut refusal = Self::new(
            Code::InvalidArgument,
            "INVALID_FIELDS",
            format!("填写内容有误：{zh}"),
            format!("some fields are wrong: {en}"),
        );
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

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let inner = *refusal.0;
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
