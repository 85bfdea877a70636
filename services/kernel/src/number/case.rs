//! The case number 信访事项编号 `XF-DDDDDD-YYYY-C-NNNNNN-K` (DEC-12, after `[S:L42]` 逐一编号).

use super::luhn;
use crate::district::{DistrictCode, DivisionCodeError};
use crate::explain::Explain;
use crate::text::{self, DigitsFault};
use std::fmt;
use std::str::FromStr;

/// The highest sequence a district can give out in one year.
pub const MAX_SEQUENCE: u32 = 999_999;

/// The number of one matter: district, year of registration, channel of the first submission, sequence.
///
/// One counter serves all channels of a district and year. The last group is a Luhn check digit over the other
/// seventeen digits; it is computed, never stored, so a value of this type is always consistent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber {
    district: DistrictCode,
    year: u16,
    channel: ChannelDigit,
    sequence: u32,
}

impl CaseNumber {
    /// Puts a number together.
    ///
    /// `year` is the Asia/Shanghai year of registration (1900–9999); `sequence` runs from 1 to [`MAX_SEQUENCE`].
    pub fn new(
        district: DistrictCode,
        year: i32,
        channel: ChannelDigit,
        sequence: u32,
    ) -> Result<Self, CaseNumberError> {
        let year = u16::try_from(year)
            .ok()
            .filter(|year| (1900..=9999).contains(year))
            .ok_or(CaseNumberError::Year)?;
        match sequence {
            0 => Err(CaseNumberError::SequenceZero),
            1..=MAX_SEQUENCE => Ok(Self {
                district,
                year,
                channel,
                sequence,
            }),
            _ => Err(CaseNumberError::SequenceExhausted {
                year: i32::from(year),
            }),
        }
    }

    /// The district that registered the case.
    pub fn district(&self) -> DistrictCode {
        self.district
    }

    /// Year of registration.
    pub fn year(&self) -> i32 {
        i32::from(self.year)
    }

    /// Channel of the first submission.
    pub fn channel(&self) -> ChannelDigit {
        self.channel
    }

    /// Running number within district and year, from 1.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// The Luhn digit over the other seventeen.
    pub fn check_digit(&self) -> u8 {
        let rest = format!("{:04}{}{:06}", self.year, self.channel, self.sequence);
        luhn::check_digit(
            self.district
                .digits()
                .iter()
                .chain(rest.as_bytes())
                .map(|ascii| ascii - b'0'),
        )
    }
}

impl FromStr for CaseNumber {
    type Err = CaseNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let groups: Vec<&str> = text.split('-').collect();
        let &[prefix, district, year, channel, sequence, check] = groups.as_slice() else {
            return Err(CaseNumberError::Groups { found: groups.len() });
        };
        if prefix != "XF" {
            return Err(CaseNumberError::Prefix);
        }
        let district = district.parse()?;
        let year = text::digits::<4>(year).map_err(|_| CaseNumberError::Year)?;
        let channel = channel.parse()?;
        let sequence = text::digits::<6>(sequence).map_err(|fault| match fault {
            DigitsFault::Length(found) => CaseNumberError::SequenceLength { found },
            DigitsFault::NotDigit(..) => CaseNumberError::SequenceNotDigits,
        })?;
        let [check] = text::digits::<1>(check).map_err(|_| CaseNumberError::CheckDigitMissing)?;
        let year = i32::try_from(text::value(&year)).expect("invariant: four digits");
        let number = Self::new(district, year, channel, text::value(&sequence))?;
        if check - b'0' == number.check_digit() {
            Ok(number)
        } else {
            Err(CaseNumberError::CheckDigit)
        }
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            district,
            year,
            channel,
            sequence,
        } = self;
        write!(
            f,
            "XF-{district}-{year:04}-{channel}-{sequence:06}-{}",
            self.check_digit()
        )
    }
}

impl fmt::Debug for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseNumber({self})")
    }
}

text::serde_as_text!(CaseNumber);

/// The channel group of a case number; a fax counts as a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelDigit {
    /// 1 来信: letter or fax.
    Letter,
    /// 2 来访: visit at the reception hall.
    Visit,
    /// 3 网上信访: web portal.
    Online,
    /// 4 来电: telephone.
    Phone,
    /// 5 处访: on site, at home or by phone hearing, while a leader is outside.
    Outside,
    /// 6 上级交办: forwarded from above.
    Forwarded,
    /// 9 其他: anything else.
    Other,
}

impl ChannelDigit {
    /// Every channel in the order of its digit.
    pub const ALL: [Self; 7] = [
        Self::Letter,
        Self::Visit,
        Self::Online,
        Self::Phone,
        Self::Outside,
        Self::Forwarded,
        Self::Other,
    ];

    /// The digit in the number.
    pub fn digit(self) -> u8 {
        match self {
            Self::Letter => 1,
            Self::Visit => 2,
            Self::Online => 3,
            Self::Phone => 4,
            Self::Outside => 5,
            Self::Forwarded => 6,
            Self::Other => 9,
        }
    }

    /// Its name on forms.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Letter => "来信",
            Self::Visit => "来访",
            Self::Online => "网上信访",
            Self::Phone => "来电",
            Self::Outside => "处访",
            Self::Forwarded => "上级交办",
            Self::Other => "其他",
        }
    }
}

impl FromStr for ChannelDigit {
    type Err = CaseNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let [digit] = text::digits::<1>(text).map_err(|_| CaseNumberError::Channel)?;
        Self::ALL
            .into_iter()
            .find(|channel| channel.digit() == digit - b'0')
            .ok_or(CaseNumberError::Channel)
    }
}

impl fmt::Display for ChannelDigit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.digit())
    }
}

/// Which part of a case number is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseNumberError {
    /// Not six groups joined by hyphens.
    #[error("a case number has 6 groups joined by hyphens (XF-DDDDDD-YYYY-C-NNNNNN-K), found {found}")]
    Groups {
        /// Groups found.
        found: usize,
    },
    /// The first group is not `XF`.
    #[error("a case number begins with XF")]
    Prefix,
    /// The second group is no district code.
    #[error("the district in the case number: {0}")]
    District(#[from] DivisionCodeError),
    /// The third group is no year from 1900 to 9999.
    #[error("the year in the case number is four digits from 1900")]
    Year,
    /// The fourth group is no channel.
    #[error("the channel in the case number is one of 1, 2, 3, 4, 5, 6, 9")]
    Channel,
    /// The fifth group has another length.
    #[error("the sequence in the case number has 6 digits, found {found} characters")]
    SequenceLength {
        /// Characters found.
        found: usize,
    },
    /// The fifth group holds something else than digits.
    #[error("the sequence in the case number holds a character that is no digit")]
    SequenceNotDigits,
    /// Sequences start at 1.
    #[error("the sequence in the case number starts at 000001")]
    SequenceZero,
    /// All numbers of the year are used up.
    #[error("the case numbers of {year} are used up: {MAX_SEQUENCE} is the last")]
    SequenceExhausted {
        /// The year.
        year: i32,
    },
    /// The last group is not one digit.
    #[error("a case number ends with one check digit")]
    CheckDigitMissing,
    /// The check digit contradicts the rest: something was mistyped.
    #[error("the check digit does not fit: one of the digits of the case number was mistyped")]
    CheckDigit,
}

impl Explain for CaseNumberError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Groups { .. } => "CASE_NUMBER_GROUPS",
            Self::Prefix => "CASE_NUMBER_PREFIX",
            Self::District(_) => "CASE_NUMBER_DISTRICT",
            Self::Year => "CASE_NUMBER_YEAR",
            Self::Channel => "CASE_NUMBER_CHANNEL",
            Self::SequenceLength { .. } | Self::SequenceNotDigits | Self::SequenceZero => {
                "CASE_NUMBER_SEQUENCE"
            }
            Self::SequenceExhausted { .. } => "CASE_NUMBER_EXHAUSTED",
            Self::CheckDigitMissing | Self::CheckDigit => "CASE_NUMBER_CHECK_DIGIT",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Groups { found } => {
                format!(
                    "信访事项编号应由短横线连接的6段组成（XF-区划-年份-形式-序号-校验码），实际为{found}段"
                )
            }
            Self::Prefix => "信访事项编号应以XF开头".to_owned(),
            Self::District(fault) => format!("信访事项编号中的区划有误：{}", fault.zh()),
            Self::Year => "信访事项编号中的年份应为1900年以后的4位数字".to_owned(),
            Self::Channel => "信访事项编号中的信访形式应为1、2、3、4、5、6、9之一".to_owned(),
            Self::SequenceLength { found } => format!("信访事项编号中的序号应为6位数字，实际为{found}个字符"),
            Self::SequenceNotDigits => "信访事项编号中的序号含有非数字字符".to_owned(),
            Self::SequenceZero => "信访事项编号中的序号从000001开始".to_owned(),
            Self::SequenceExhausted { year } => format!("{year}年的信访事项编号已用完（最大{MAX_SEQUENCE}）"),
            Self::CheckDigitMissing => "信访事项编号最后一段应为1位校验码".to_owned(),
            Self::CheckDigit => "信访事项编号校验码不符，请核对是否有数字抄错".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
