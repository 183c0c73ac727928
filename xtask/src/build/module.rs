//! WebAssembly's binary format, as far as a finished module is looked into here.
//!
//! ```text
//! module:  \0asm version  section*
//! section: id (u8)  length (LEB128)  content        id 0 is custom: its content begins with its name's length and name
//! ```

use crate::shell::{Failure, Result};

const PREAMBLE_BYTES: usize = 8;

/// The ids of the sections that are looked into.
pub mod id {
    pub const CUSTOM: u8 = 0;
    pub const IMPORT: u8 = 2;
    pub const FUNCTION: u8 = 3;
    pub const GLOBAL: u8 = 6;
    pub const EXPORT: u8 = 7;
    pub const START: u8 = 8;
    pub const ELEMENT: u8 = 9;
    pub const CODE: u8 = 10;
}

/// What an import or an export is.
pub mod kind {
    pub const FUNCTION: u8 = 0;
    pub const TABLE: u8 = 1;
    pub const MEMORY: u8 = 2;
    pub const GLOBAL: u8 = 3;
    pub const TAG: u8 = 4;
}

/// A section of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// See [`id`].
    pub id: u8,
    /// What follows its length.
    pub content: Vec<u8>,
}

/// Cuts a module into its sections.
pub fn read(module: &[u8]) -> Result<Vec<Section>> {
    let mut reader = Reader::new(module);
    reader.bytes(PREAMBLE_BYTES)?;
    let mut sections = Vec::new();
    while !reader.is_at_end() {
        let id = reader.byte()?;
        let length = reader.number()?;
        sections.push(Section { id, content: reader.bytes(length)?.to_vec() });
    }
    Ok(sections)
}

/// Puts sections together to a module.
pub fn write(sections: &[Section]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for Section { id, content } in sections {
        module.push(*id);
        write_number(&mut module, content.len());
        module.extend_from_slice(content);
    }
    module
}

/// Writes an unsigned number as LEB128, in as few bytes as it takes.
pub fn write_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads from the front of some bytes.
pub struct Reader<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the first byte.
    pub fn new(all: &'a [u8]) -> Self {
        Self { all, at: 0 }
    }

    /// How many bytes are read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Tells whether all is read.
    pub fn is_at_end(&self) -> bool {
        self.at == self.all.len()
    }

    /// What was read since a place.
    pub fn since(&self, start: usize) -> &'a [u8] {
        &self.all[start..self.at]
    }

    /// Reads one byte.
    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.bytes(1)?[0])
    }

    /// Reads so many bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let broken = || Failure::new("a WebAssembly file ends in the middle of something");
        let end = self.at.checked_add(count).ok_or_else(broken)?;
        let bytes = self.all.get(self.at..end).ok_or_else(broken)?;
        self.at = end;
        Ok(bytes)
    }

    /// Reads an unsigned number of 32 bits.
    pub fn number(&mut self) -> Result<usize> {
        let mut value = 0;
        // It takes at most five bytes.
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Failure::new("a number in a WebAssembly file is longer than its type allows"))
    }

    /// Passes a number of any length, signed or not.
    pub fn pass_number(&mut self) -> Result<()> {
        while self.byte()? & 0x80 != 0 {}
        Ok(())
    }

    /// Reads a length and so many bytes.
    pub fn name(&mut self) -> Result<&'a [u8]> {
        let length = self.number()?;
        self.bytes(length)
    }

    /// Passes what an import says of its type.
    pub fn pass_import_type(&mut self) -> Result<()> {
        match self.byte()? {
            kind::FUNCTION => self.pass_number(),
            kind::TABLE => {
                self.byte()?;
                self.pass_limits()
            }
            kind::MEMORY => self.pass_limits(),
            kind::GLOBAL => self.bytes(2).map(drop),
            kind::TAG => self.bytes(1).and_then(|_| self.pass_number()),
            other => Err(Failure::new(format!("a WebAssembly file imports a thing of kind {other}"))),
        }
    }

    fn pass_limits(&mut self) -> Result<()> {
        let has_maximum = self.byte()? & 1 == 1;
        self.pass_number()?;
        if has_maximum { self.pass_number() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_as_it_was() {
        let module = b"\0asm\x01\0\0\0\x0a\x02\x01\x02\x00\x05\x04feat";
        assert_eq!(write(&read(module).unwrap()), module);
    }

    #[test]
    fn a_module_cut_anywhere_but_between_sections_is_refused() {
        let whole = b"\0asm\x01\0\0\0\x0a\x02\x01\x02\x00\x05\x04feat";
        for end in 0..whole.len() {
            let is_between = [8, 12].contains(&end);
            assert_eq!(read(&whole[..end]).is_ok(), is_between, "cut at {end}");
        }
    }

    #[test]
    fn numbers_of_every_length_come_back() {
        for number in [0, 1, 127, 128, 16_383, 16_384, 0xffff_ffff] {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number);
            assert_eq!(Reader::new(&bytes).number().unwrap(), number);
        }
        assert!(Reader::new(&[0x80, 0x80, 0x80, 0x80, 0x80, 0]).number().is_err());
    }
}
