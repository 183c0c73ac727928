//! What of a source to export, as people write it.

/// Partitions and offsets that were chosen; `None` is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The partitions.
    pub partitions: Option<Vec<i32>>,
    /// The first offset of each.
    pub from: Option<i64>,
    /// The offset after the last.
    pub to: Option<i64>,
}

/// The fields that it is written into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionField {
    /// The partitions.
    Partitions,
    /// The first offset.
    From,
    /// The offset after the last.
    To,
}

impl Selection {
    /// Reads what was typed; an empty field chooses all.
    ///
    /// # Errors
    /// The field that is wrong, and the sentence that it shows.
    pub fn read(partitions: &str, from: &str, to: &str) -> Result<Self, (SelectionField, String)> {
        let offset = |field, text: &str| read_offset(text).map_err(|sentence| (field, sentence));
        let (from, to) = (offset(SelectionField::From, from)?, offset(SelectionField::To, to)?);
        if let (Some(from), Some(to)) = (from, to)
            && to <= from
        {
            return Err((
                SelectionField::To,
                "Nothing lies before it: the first offset is not smaller".to_owned(),
            ));
        }
        let partitions =
            read_partitions(partitions).map_err(|sentence| (SelectionField::Partitions, sentence))?;
        Ok(Self { partitions, from, to })
    }
}

/// Writes partitions as [`Selection::read`] reads them.
pub fn print_partitions(partitions: Option<&[i32]>) -> String {
    let numbers: Vec<String> = partitions.unwrap_or_default().iter().map(i32::to_string).collect();
    numbers.join(", ")
}

fn read_offset(text: &str) -> Result<Option<i64>, String> {
    let digits = text.trim().replace([',', '_', ' '], "");
    if digits.is_empty() {
        return Ok(None);
    }
    let offset = digits.parse().ok().filter(|offset| *offset >= 0);
    offset.map(Some).ok_or_else(|| format!("\"{text}\" is no offset: a whole number is"))
}

fn read_partitions(text: &str) -> Result<Option<Vec<i32>>, String> {
    let mut chosen = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once(['-', '–']).unwrap_or((part, part));
        let number =
            |text: &str| text.trim().parse::<i32>().ok().filter(|number| (0..1_000_000).contains(number));
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => chosen.extend(first..=last),
            _ => return Err(format!("\"{part}\" names no partitions: 3 does, or 0-5")),
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok((!chosen.is_empty()).then_some(chosen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_choose_everything() {
        assert_eq!(Selection::read("", " ", ""), Ok(Selection::default()));
        assert_eq!(Selection::read(" , ", "", ""), Ok(Selection::default()));
    }

    #[test]
    fn partitions_and_offsets_are_read_as_people_write_them() {
        let chosen = Selection::read("5, 0-2,1", "1,000", "2_000").unwrap();
        assert_eq!(
            chosen,
            Selection { partitions: Some(vec![0, 1, 2, 5]), from: Some(1_000), to: Some(2_000) }
        );
        assert_eq!(
            Selection::read(&print_partitions(Some(&[0, 7])), "", "").unwrap().partitions,
            Some(vec![0, 7])
        );
        assert_eq!(print_partitions(None), "");
    }

    #[test]
    fn what_cannot_be_is_said_beside_its_field() {
        let wrong = |partitions, from, to| Selection::read(partitions, from, to).unwrap_err();
        assert_eq!(wrong("first", "", "").0, SelectionField::Partitions);
        assert!(wrong("3-1", "", "").1.contains("\"3-1\""));
        assert_eq!(wrong("-1", "", "").0, SelectionField::Partitions);
        assert_eq!(wrong("0-9999999", "", "").0, SelectionField::Partitions);
        assert_eq!(wrong("", "-3", "").0, SelectionField::From);
        assert_eq!(wrong("", "", "soon").0, SelectionField::To);
        assert_eq!(wrong("", "7", "7").0, SelectionField::To);
    }
}
