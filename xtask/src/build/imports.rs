//! The names by which WebAssembly finds what its script gives it. wasm-bindgen makes them long, with a number by chance at the end,
//! in both files. Nobody reads them, so both get the same short ones.

use crate::build::module::{self, Reader, id};
use crate::shell::{Failure, Result};

/// What the names that wasm-bindgen makes begin with; others are as somebody chose them.
const PREFIX: &str = "__wb";

/// Gives a module's imports short names, and its script the same.
pub fn shorten(module: &[u8], script: &str) -> Result<(Vec<u8>, String)> {
    let mut sections = module::read(module)?;
    let mut script = script.to_owned();
    for section in sections.iter_mut().filter(|section| section.id == id::IMPORT) {
        let mut reader = Reader::new(&section.content);
        let count = reader.number()?;
        let mut out = Vec::new();
        module::write_number(&mut out, count);
        for index in 0..count {
            let start = reader.at();
            reader.name()?;
            out.extend_from_slice(reader.since(start));
            let old = String::from_utf8_lossy(reader.name()?).into_owned();
            let new = if old.starts_with(PREFIX) {
                let new = short_name(index);
                script = renamed(&script, &old, &new)?;
                new
            } else {
                old
            };
            module::write_number(&mut out, new.len());
            out.extend_from_slice(new.as_bytes());
            let start = reader.at();
            reader.pass_import_type()?;
            out.extend_from_slice(reader.since(start));
        }
        section.content = out;
    }
    Ok((module::write(&sections), script))
}

/// `a` to `z`, `aa` and on.
fn short_name(mut index: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'a' + (index % 26) as u8);
        index /= 26;
        if index == 0 {
            break;
        }
        index -= 1;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

/// Renames a property of the object that the script hands over. wasm-bindgen writes each once, on a line of its own.
fn renamed(script: &str, old: &str, new: &str) -> Result<String> {
    let key = format!("{old}:");
    let places: Vec<usize> = script
        .match_indices(&key)
        .map(|(at, _)| at)
        .filter(|at| script[..*at].ends_with([' ', '\n', '{', ',']))
        .collect();
    let [place] = places.as_slice() else {
        return Err(Failure::new(format!(
            "a script gives its WebAssembly {old} {} times instead of once: wasm-bindgen writes it in another way now",
            places.len()
        )));
    };
    Ok(format!("{}{new}{}", &script[..*place], &script[place + old.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Imports three functions and a memory.
    fn module(names: [&str; 4]) -> Vec<u8> {
        let mut content = vec![4];
        for (index, name) in names.iter().enumerate() {
            content.extend_from_slice(b"\x04./it");
            content.push(name.len() as u8);
            content.extend_from_slice(name.as_bytes());
            content.extend_from_slice(if index == 3 { b"\x02\x01\x10\x20" } else { b"\0\x07" });
        }
        module::write(&[module::Section { id: id::IMPORT, content }])
    }

    #[test]
    fn both_files_get_the_same_short_names() {
        let script = "{\n        __wbg_call_12: function(a) { return b.__wbg_call_12x; },\n        __wbg_call_1: it,\n    __wbindgen_cast: 1, memory: m }";
        let (shortened, script) =
            shorten(&module(["__wbg_call_1", "__wbg_call_12", "__wbindgen_cast", "memory"]), script).unwrap();
        assert_eq!(shortened, module(["a", "b", "c", "memory"]));
        assert_eq!(
            script,
            "{\n        b: function(a) { return b.__wbg_call_12x; },\n        a: it,\n    c: 1, memory: m }"
        );
    }

    #[test]
    fn a_script_that_does_not_give_what_is_imported_is_refused() {
        let names = ["__wbg_a", "memory", "memory", "memory"];
        assert!(shorten(&module(names), "").is_err());
        assert!(shorten(&module(names), " __wbg_a: 1, __wbg_a: 2").is_err());
        assert!(shorten(&module(names), " __wbg_a: 1").is_ok());
    }

    #[test]
    fn no_two_imports_get_the_same_name() {
        let mut names: Vec<String> = (0..2_000).map(short_name).collect();
        assert_eq!((names[0].as_str(), names[26].as_str(), names[702].as_str()), ("a", "aa", "aaa"));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 2_000);
    }
}
