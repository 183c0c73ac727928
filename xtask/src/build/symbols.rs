//! The names of functions in WebAssembly: more than half of what the compiler writes, and of no use to who loads it.
//!
//! ```text
//! module:  \0asm version  section*
//! section: id (u8)  length (LEB128)  content        id 0 is custom: its content begins with its name's length and name
//! ```

use crate::shell::{Failure, Result};

const PREAMBLE_BYTES: usize = 8;
const CUSTOM: u8 = 0;

/// Leaves out the custom sections `name` and `producers`; every other byte stays as it is.
pub fn strip(module: &[u8]) -> Result<Vec<u8>> {
    let broken = || Failure::new("a WebAssembly file ends within a section");
    let (preamble, mut rest) = module.split_at_checked(PREAMBLE_BYTES).ok_or_else(broken)?;
    let mut kept = preamble.to_vec();
    while let Some((id, after)) = rest.split_first() {
        let (length, content) = read_leb128(after).ok_or_else(broken)?;
        let (content, next) = content.split_at_checked(length).ok_or_else(broken)?;
        if *id != CUSTOM || !is_for_people(content) {
            let section = rest.len() - next.len();
            kept.extend_from_slice(&rest[..section]);
        }
        rest = next;
    }
    Ok(kept)
}

fn is_for_people(custom: &[u8]) -> bool {
    let name = read_leb128(custom).and_then(|(length, rest)| rest.get(..length));
    matches!(name, Some(b"name" | b"producers"))
}

fn read_leb128(mut bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    // An unsigned 32-bit number takes at most five bytes.
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = bytes.split_first()?;
        bytes = rest;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, bytes));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(sections: &[&[u8]]) -> Vec<u8> {
        [b"\0asm\x01\0\0\0".as_slice(), &sections.concat()].concat()
    }

    #[test]
    fn names_go_and_everything_else_stays() {
        let code: &[u8] = b"\x0a\x02\x01\x02";
        let names: &[u8] = b"\0\x85\0\x04name";
        let features: &[u8] = b"\0\x05\x04feat";
        let stripped = strip(&module(&[code, names, features])).unwrap();
        assert_eq!(stripped, module(&[code, features]));
        assert_eq!(strip(&stripped).unwrap(), stripped);
    }

    #[test]
    fn a_module_cut_anywhere_but_between_sections_is_refused() {
        let whole = module(&[b"\x0a\x02\x01\x02", b"\0\x05\x04feat"]);
        for end in 0..whole.len() {
            let is_between = [8, 12].contains(&end);
            assert_eq!(strip(&whole[..end]).is_ok(), is_between, "cut at {end}");
        }
    }
}
