//! A line of a key or a value, cut into pieces: what the state fetches and the interface draws.

/// One line to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeLine {
    /// Levels of indentation.
    pub depth: u16,
    /// The pieces: a class and its text.
    pub pieces: Vec<(&'static str, String)>,
    /// The line that closes what this one opens.
    pub fold_to: Option<u64>,
}
