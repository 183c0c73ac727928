//! The order of functions in WebAssembly: what resembles each other comes one after the other, where brotli finds it cheaply.
//!
//! Nothing but their order and their numbers changes: no instruction is added, left out or replaced.

use std::collections::HashMap;

use crate::build::instructions::{renumber_body, renumber_constant};
use crate::build::module::{self, Reader, Section, id, kind};
use crate::shell::{Failure, Result};

/// Functions resemble each other by the runs of so many bytes that both of them have.
const RUN_BYTES: usize = 6;
/// A run that more functions have than this tells nothing of them.
const SHARERS_MAX: usize = 400;
/// From here on, of all runs of a function, those that it shares with the one before it.
const LIKENESS_MIN: f64 = 0.05;

/// Puts a module's functions into their order. A module without functions stays as it is.
pub fn arrange(module: &[u8]) -> Result<Vec<u8>> {
    let mut sections = module::read(module)?;
    let imported = imported_functions(&sections)?;
    let Some(code) = sections.iter().find(|section| section.id == id::CODE) else {
        return Ok(module.to_vec());
    };
    let code = code.content.clone();
    let bodies = bodies(&code)?;
    let order = order(&bodies);
    let mut places = vec![0; bodies.len()];
    for (place, old) in order.iter().enumerate() {
        places[*old] = place;
    }
    let new_number = |number: usize| match number.checked_sub(imported) {
        None => Ok(number),
        Some(old) => places
            .get(old)
            .map(|place| imported + place)
            .ok_or_else(|| Failure::new("a WebAssembly file names a function that it does not have")),
    };
    for section in &mut sections {
        section.content = match section.id {
            id::FUNCTION => permuted_types(&section.content, &order)?,
            id::GLOBAL => globals(&section.content, &new_number)?,
            id::EXPORT => exports(&section.content, &new_number)?,
            id::START => number(new_number(Reader::new(&section.content).number()?)?),
            id::ELEMENT => elements(&section.content, &new_number)?,
            id::CODE => {
                let mut out = number(bodies.len());
                for old in &order {
                    let body = renumber_body(bodies[*old], &new_number)?;
                    module::write_number(&mut out, body.len());
                    out.extend_from_slice(&body);
                }
                out
            }
            _ => continue,
        };
    }
    Ok(module::write(&sections))
}

/// Cuts the code section into the functions' bodies.
fn bodies(code: &[u8]) -> Result<Vec<&[u8]>> {
    let mut reader = Reader::new(code);
    (0..reader.number()?).map(|_| reader.name()).collect()
}

/// Goes from each function to that which has the largest part in common with it, and where none has, to the next by its bytes.
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let mut by_bytes: Vec<usize> = (0..bodies.len()).collect();
    by_bytes.sort_by_key(|index| bodies[*index]);
    let runs: Vec<Vec<u64>> = bodies.iter().map(|body| runs(body)).collect();
    let mut sharers: HashMap<u64, Vec<usize>> = HashMap::new();
    for index in &by_bytes {
        for run in &runs[*index] {
            sharers.entry(*run).or_default().push(*index);
        }
    }
    sharers.retain(|_, all| (2..=SHARERS_MAX).contains(&all.len()));

    let mut is_placed = vec![false; bodies.len()];
    let mut shared = vec![0_u32; bodies.len()];
    let mut order = Vec::with_capacity(bodies.len());
    let mut left = by_bytes.iter().copied();
    let mut next = left.next();
    while let Some(current) = next {
        is_placed[current] = true;
        order.push(current);
        let mut met = Vec::new();
        for other in runs[current].iter().filter_map(|run| sharers.get(run)).flatten() {
            if !is_placed[*other] {
                if shared[*other] == 0 {
                    met.push(*other);
                }
                shared[*other] += 1;
            }
        }
        let mut likest = None;
        let mut likeness = LIKENESS_MIN;
        for other in met {
            let part = f64::from(shared[other]) / runs[other].len() as f64;
            if part > likeness {
                (likest, likeness) = (Some(other), part);
            }
            shared[other] = 0;
        }
        next = likest.or_else(|| left.find(|index| !is_placed[*index]));
    }
    order
}

/// All runs of a body, each once.
fn runs(body: &[u8]) -> Vec<u64> {
    let packed = |run: &[u8]| run.iter().fold(1, |packed, byte| packed << 8 | u64::from(*byte));
    let mut runs: Vec<u64> = body.windows(RUN_BYTES.min(body.len().max(1))).map(packed).collect();
    runs.sort_unstable();
    runs.dedup();
    runs
}

fn imported_functions(sections: &[Section]) -> Result<usize> {
    let Some(imports) = sections.iter().find(|section| section.id == id::IMPORT) else { return Ok(0) };
    let mut reader = Reader::new(&imports.content);
    let mut functions = 0;
    for _ in 0..reader.number()? {
        reader.name()?;
        reader.name()?;
        let start = reader.at();
        reader.pass_import_type()?;
        functions += usize::from(reader.since(start).first() == Some(&kind::FUNCTION));
    }
    Ok(functions)
}

fn permuted_types(content: &[u8], order: &[usize]) -> Result<Vec<u8>> {
    let mut reader = Reader::new(content);
    let types: Vec<usize> = (0..reader.number()?).map(|_| reader.number()).collect::<Result<_>>()?;
    let mut out = number(types.len());
    for old in order {
        let of_this = types
            .get(*old)
            .ok_or_else(|| Failure::new("a WebAssembly file has a function without a type"))?;
        module::write_number(&mut out, *of_this);
    }
    Ok(out)
}

/// Writes a section's items anew, one by one.
fn each(content: &[u8], mut item: impl FnMut(&mut Reader, &mut Vec<u8>) -> Result<()>) -> Result<Vec<u8>> {
    let mut reader = Reader::new(content);
    let count = reader.number()?;
    let mut out = number(count);
    for _ in 0..count {
        item(&mut reader, &mut out)?;
    }
    if !reader.is_at_end() {
        return Err(Failure::new("a section of a WebAssembly file has more in it than it says"));
    }
    Ok(out)
}

fn globals(content: &[u8], new_number: &impl Fn(usize) -> Result<usize>) -> Result<Vec<u8>> {
    each(content, |reader, out| {
        out.extend_from_slice(reader.bytes(2)?);
        renumber_constant(reader, out, new_number)
    })
}

fn exports(content: &[u8], new_number: &impl Fn(usize) -> Result<usize>) -> Result<Vec<u8>> {
    each(content, |reader, out| {
        let start = reader.at();
        reader.name()?;
        let kind = reader.byte()?;
        out.extend_from_slice(reader.since(start));
        let old = reader.number()?;
        module::write_number(out, if kind == kind::FUNCTION { new_number(old)? } else { old });
        Ok(())
    })
}

fn elements(content: &[u8], new_number: &impl Fn(usize) -> Result<usize>) -> Result<Vec<u8>> {
    each(content, |reader, out| {
        let start = reader.at();
        let form = reader.number()?;
        out.extend_from_slice(reader.since(start));
        match form {
            // The first table, from a place on.
            0 => renumber_constant(reader, out, new_number)?,
            // Functions that are only declared, so that they may be referred to: their kind.
            3 => out.push(reader.byte()?),
            other => {
                return Err(Failure::new(format!(
                    "a WebAssembly file has elements of the form {other}, which xtask/src/build/order.rs does not know yet"
                )));
            }
        }
        let functions = reader.number()?;
        module::write_number(out, functions);
        for _ in 0..functions {
            module::write_number(out, new_number(reader.number()?)?);
        }
        Ok(())
    })
}

fn number(number: usize) -> Vec<u8> {
    let mut out = Vec::new();
    module::write_number(&mut out, number);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &[u8] = b"\x01\x08\x02\x60\0\0\x60\x01\x7f\0";
    /// One imported function: number 0.
    const IMPORTS: &[u8] = b"\x02\x07\x01\x01m\x01f\0\0";

    fn module(sections: &[&[u8]]) -> Vec<u8> {
        [b"\0asm\x01\0\0\0".as_slice(), &sections.concat()].concat()
    }

    #[test]
    fn functions_that_resemble_each_other_become_neighbours() {
        let (a, b): (Vec<u8>, Vec<u8>) = ((0..40).collect(), (100..140).collect());
        let a_too: Vec<u8> = [b"\x63\x63".as_slice(), &a[10..]].concat();
        let b_too: Vec<u8> = [b"\x62\x62".as_slice(), &b[10..]].concat();
        assert_eq!(order(&[&a, &b, &a_too, &b_too]), [0, 2, 3, 1]);
        assert_eq!(order(&[&b, &a]), [1, 0], "those that have nothing in common follow by their bytes");
        assert!(order(&[]).is_empty());
    }

    #[test]
    fn all_that_names_a_function_names_it_by_its_new_number() {
        // The functions 1 and 2 change places, the imported one keeps its number. 1 calls 2 and the imported one; 2 calls 1.
        let before = module(&[
            TYPES,
            IMPORTS,
            b"\x03\x03\x02\0\x01",
            b"\x06\x06\x01\x70\0\xd2\x02\x0b",
            b"\x07\x09\x02\x01a\0\x01\x01g\x03\x01",
            b"\x08\x01\x01",
            b"\x09\x0d\x02\0\x41\0\x0b\x03\0\x01\x02\x03\0\x01\x02",
            b"\x0a\x0d\x02\x06\0\x10\x02\x10\0\x0b\x04\0\x10\x01\x0b",
        ]);
        let after = module(&[
            TYPES,
            IMPORTS,
            b"\x03\x03\x02\x01\0",
            b"\x06\x06\x01\x70\0\xd2\x01\x0b",
            b"\x07\x09\x02\x01a\0\x02\x01g\x03\x01",
            b"\x08\x01\x02",
            b"\x09\x0d\x02\0\x41\0\x0b\x03\0\x02\x01\x03\0\x01\x01",
            b"\x0a\x0d\x02\x04\0\x10\x02\x0b\x06\0\x10\x01\x10\0\x0b",
        ]);
        assert_eq!(arrange(&before).unwrap(), after);
    }

    #[test]
    fn a_module_that_names_a_function_it_does_not_have_is_refused() {
        let broken = module(&[TYPES, b"\x03\x02\x01\0", b"\x0a\x06\x01\x04\0\x10\x01\x0b"]);
        assert!(arrange(&broken).is_err());
        // What it does not count would be left out.
        let more =
            module(&[TYPES, b"\x03\x02\x01\0", b"\x07\x09\x01\x01a\0\0\x01b\0\0", b"\x0a\x04\x01\x02\0\x0b"]);
        assert!(arrange(&more).is_err());
        assert_eq!(arrange(&module(&[TYPES])).unwrap(), module(&[TYPES]));
    }
}
