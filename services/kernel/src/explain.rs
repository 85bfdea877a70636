//! How an error tells the person who typed something what to do about it.

/// An error that can be shown beside the field that caused it.
///
/// The `Display` text of every implementor is the English sentence; it never repeats what was typed beyond single
/// characters, so it may be logged.
pub trait Explain: std::error::Error {
    /// A stable reason in capitals that programs may branch on, such as `CHECK_DIGIT`.
    fn reason(&self) -> &'static str;

    /// The sentence a clerk reads.
    fn zh(&self) -> String;

    /// The same sentence in English.
    fn en(&self) -> String {
        self.to_string()
    }
}
