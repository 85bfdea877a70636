//! Service 送达 of a document on the petitioner, and the exemption from written notice `[R:23(2)]`.

use serde::{Deserialize, Serialize};
use time::Date;
use xinqiao_kernel::{Fields, local::iso_date};

/// How a document was handed over (domain §4.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    /// 当面送达.
    InPerson,
    /// 挂号邮寄.
    RegisteredMail,
    /// 经同意网上送达.
    Online,
    /// 代表人转交.
    Representative,
    /// 留置送达.
    LeftWithWitness,
}

impl Method {
    /// What the method is called on paper.
    pub fn zh(self) -> &'static str {
        match self {
            Self::InPerson => "当面送达",
            Self::RegisteredMail => "挂号邮寄",
            Self::Online => "经同意网上送达",
            Self::Representative => "代表人转交",
            Self::LeftWithWitness => "留置送达",
        }
    }
}

/// Service of a document 送达回证.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// How.
    pub method: Method,
    /// When, Asia/Shanghai.
    #[serde(with = "iso_date")]
    pub served_on: Date,
    /// What proves it.
    pub proof: String,
}

impl Service {
    /// Checks what was entered; `field` names it in the request. Service is never in the future and never before
    /// the document existed.
    #[must_use]
    pub fn check(mut self, field: &str, not_before: Date, today: Date, fields: &mut Fields) -> Self {
        let day = format!("{field}.served_on");
        if self.served_on > today {
            fields.wrong(
                day,
                "IN_FUTURE",
                "送达日期不得晚于今天",
                "the date of service must not be in the future",
            );
        } else if self.served_on < not_before {
            fields.wrong(
                day,
                "TOO_EARLY",
                format!("送达日期不得早于文书日期 {not_before}"),
                format!("the date of service must not be before the document's, {not_before}"),
            );
        }
        self.proof = fields.text(&format!("{field}.proof"), &self.proof, 2..=1000);
        self
    }
}

/// Service of a notice, or why none is required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The notice was served.
    Served(Service),
    /// Name or address unclear: the reason.
    Exempt(String),
}

impl Notice {
    /// Checks what was entered under the field `notice`.
    #[must_use]
    pub fn check(self, not_before: Date, today: Date, fields: &mut Fields) -> Self {
        match self {
            Self::Served(service) => Self::Served(service.check("notice.served", not_before, today, fields)),
            Self::Exempt(reason) => Self::Exempt(fields.text("notice.exempt_reason", &reason, 5..=1000)),
        }
    }

    /// The service, when there was one.
    pub fn service(&self) -> Option<&Service> {
        match self {
            Self::Served(service) => Some(service),
            Self::Exempt(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn checked(served_on: Date) -> Vec<&'static str> {
        let mut fields = Fields::new();
        let service = Service {
            method: Method::InPerson,
            served_on,
            proof: "本人签收".to_owned(),
        };
        let _ = service.check(
            "service",
            date!(2026 - 04 - 20),
            date!(2026 - 04 - 21),
            &mut fields,
        );
        fields.violations().iter().map(|wrong| wrong.reason).collect()
    }

    #[test]
    fn service_is_between_the_document_and_today() {
        assert!(checked(date!(2026 - 04 - 20)).is_empty());
        assert!(checked(date!(2026 - 04 - 21)).is_empty());
        assert_eq!(checked(date!(2026 - 04 - 22)), ["IN_FUTURE"]);
        assert_eq!(checked(date!(2026 - 04 - 19)), ["TOO_EARLY"]);
    }

    #[test]
    fn an_exemption_needs_its_reason() {
        let mut fields = Fields::new();
        let today = date!(2026 - 04 - 21);
        let _ = Notice::Exempt(String::new()).check(today, today, &mut fields);
        assert_eq!(fields.names(), ["notice.exempt_reason"]);
    }
}
