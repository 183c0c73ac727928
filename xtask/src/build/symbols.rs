//! The names of functions in WebAssembly: more than half of what the compiler writes, and of no use to who loads it.

use crate::build::module::{self, Reader, Section, id};
use crate::shell::Result;

/// Leaves out the custom sections `name` and `producers`; every other byte stays as it is.
pub fn strip(module: &[u8]) -> Result<Vec<u8>> {
    let mut sections = module::read(module)?;
    sections.retain(|section| !is_for_people(section));
    Ok(module::write(&sections))
}

fn is_for_people(section: &Section) -> bool {
    let name = || Reader::new(&section.content).name();
    section.id == id::CUSTOM && matches!(name(), Ok(b"name" | b"producers"))
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
}
