//! What a row of a grid says, and how that looks: plain values, so that telling what changed costs no more than comparing them.

/// What a whole row says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFace {
    /// What is special about it, for the style sheets.
    pub kind: Option<&'static str>,
    /// What its cells say, left to right.
    pub cells: Vec<CellFace>,
}

/// What one cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFace {
    /// Its class, that of its column.
    pub class: &'static str,
    /// Its pieces, one after the other.
    pub parts: Vec<Part>,
}

impl CellFace {
    /// Makes a cell of some pieces.
    pub fn new(class: &'static str, parts: impl Into<Vec<Part>>) -> Self {
        Self { class, parts: parts.into() }
    }
}

/// A piece of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Whose words it has.
    pub voice: Voice,
    /// Its class.
    pub class: &'static str,
    /// The number of its colour.
    pub colour: Option<u8>,
    /// What it says.
    pub text: String,
}

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// A record's. What is read right to left must not reorder what stands around it.
    Theirs,
    /// Our own.
    Ours,
}

impl Part {
    /// A piece that a record says, or that stands where it would.
    pub fn theirs(class: &'static str, text: impl Into<String>) -> Self {
        Self { voice: Voice::Theirs, class, colour: None, text: text.into() }
    }

    /// A piece that we say ourselves.
    pub fn ours(class: &'static str, text: impl Into<String>) -> Self {
        Self { voice: Voice::Ours, class, colour: None, text: text.into() }
    }
}
