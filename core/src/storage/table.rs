//! The tables. Their names and numbers are persisted: the list only ever grows, and no entry changes its meaning.

/// One ordered table of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Record batches, many to a row. Key: [`super::key::ChunkKey`].
    Chunks,
    /// The store's format, the topics and what each log remembers beside its batches. Key: [`super::key::MetaKey`].
    Meta,
    /// What forbids commits that were made up from what is no longer true. Key: [`super::key::GuardKey`].
    Guards,
}

impl Table {
    /// Every table there is, in the order of their introduction.
    pub const ALL: [Self; 3] = [Self::Chunks, Self::Meta, Self::Guards];

    /// Returns the name under which a backend keeps the table. Persisted.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chunks => "chunks",
            Self::Meta => "meta",
            Self::Guards => "guards",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn a_tables_number_is_its_place_in_the_list() {
        let places: Vec<usize> = Table::ALL.into_iter().map(|table| table as usize).collect();
        assert_eq!(places, [0, 1, 2]);
    }
}
