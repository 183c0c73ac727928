//! WebAssembly's instructions, as far as one must know them to find the functions that they name.

use crate::build::module::{self, Reader};
use crate::shell::{Failure, Result};

const END: u8 = 0x0b;
const CALL: u8 = 0x10;
const RETURN_CALL: u8 = 0x12;
const REF_FUNC: u8 = 0xd2;

/// Copies a function's body, as the code section has it behind its length, with other numbers for the functions that it names.
pub fn renumber_body(body: &[u8], new_number: &impl Fn(usize) -> Result<usize>) -> Result<Vec<u8>> {
    let mut reader = Reader::new(body);
    for _ in 0..reader.number()? {
        reader.pass_number()?;
        // A reference to a type of one's own would take more than a byte; rustc writes none.
        reader.byte()?;
    }
    let mut out = reader.since(0).to_vec();
    while !reader.is_at_end() {
        renumber_one(&mut reader, &mut out, new_number)?;
    }
    Ok(out)
}

/// Copies a constant expression up to its end.
pub fn renumber_constant(
    reader: &mut Reader,
    out: &mut Vec<u8>,
    new_number: &impl Fn(usize) -> Result<usize>,
) -> Result<()> {
    while renumber_one(reader, out, new_number)? != END {}
    Ok(())
}

/// Copies one instruction; returns its first byte.
fn renumber_one(
    reader: &mut Reader,
    out: &mut Vec<u8>,
    new_number: &impl Fn(usize) -> Result<usize>,
) -> Result<u8> {
    let start = reader.at();
    let code = reader.byte()?;
    if matches!(code, CALL | RETURN_CALL | REF_FUNC) {
        let number = new_number(reader.number()?)?;
        out.push(code);
        module::write_number(out, number);
    } else {
        pass_operands(code, reader)?;
        out.extend_from_slice(reader.since(start));
    }
    Ok(code)
}

fn pass_operands(code: u8, reader: &mut Reader) -> Result<()> {
    match code {
        // unreachable, nop, else, end, return; drop, select; comparisons, arithmetic, conversions; ref.is_null
        0x00 | 0x01 | 0x05 | END | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => Ok(()),
        // block, loop, if: their type; br, br_if; locals, globals, tables; constants; ref.null
        0x02..=0x04 | 0x0c | 0x0d | 0x20..=0x26 | 0x41 | 0x42 | 0xd0 => reader.pass_number(),
        // call_indirect, return_call_indirect; loads and stores
        0x11 | 0x13 | 0x28..=0x3e => pass_numbers(reader, 2),
        // memory.size, memory.grow
        0x3f | 0x40 => reader.pass_number(),
        // f32.const, f64.const
        0x43 => reader.bytes(4).map(drop),
        0x44 => reader.bytes(8).map(drop),
        // br_table: its targets, and the one for all else
        0x0e => {
            let targets = reader.number()?;
            pass_numbers(reader, targets.saturating_add(1))
        }
        // select with its types
        0x1c => {
            let types = reader.number()?;
            reader.bytes(types).map(drop)
        }
        0xfc => match reader.number()? {
            // conversions that saturate
            0..=7 => Ok(()),
            // memory.init, memory.copy, table.init, table.copy
            8 | 10 | 12 | 14 => pass_numbers(reader, 2),
            // data.drop, memory.fill, elem.drop, table.grow, table.size, table.fill
            9 | 11 | 13 | 15..=17 => reader.pass_number(),
            other => Err(unknown(format_args!("0xfc {other}"))),
        },
        other => Err(unknown(format_args!("{other:#04x}"))),
    }
}

fn pass_numbers(reader: &mut Reader, count: usize) -> Result<()> {
    (0..count).try_for_each(|_| reader.pass_number())
}

fn unknown(code: std::fmt::Arguments) -> Failure {
    Failure::new(format!(
        "a WebAssembly file has the instruction {code}, which xtask/src/build/instructions.rs does not know yet"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_references_get_other_numbers_and_all_else_stays() {
        // Two kinds of locals; then everything that could be taken for a call: operands that are 0x10.
        let before = b"\x02\x10\x7f\x01\x7e\x41\x10\x44\x10\x10\x10\x10\x10\x10\x10\x10\x20\x10\x28\x10\x10\x0e\x02\x10\x10\x10\
            \x1c\x01\x7f\xfc\x0a\x10\x10\xfc\x00\x42\x90\x10";
        let body = [before, b"\x10\x03\x12\x04\xd2\x05\x0b".as_slice()].concat();
        let wanted = [before, b"\x10\x83\x01\x12\x84\x01\xd2\x85\x01\x0b".as_slice()].concat();
        assert_eq!(renumber_body(&body, &|number| Ok(number + 128)).unwrap(), wanted);
    }

    #[test]
    fn a_constant_ends_at_its_end() {
        let mut reader = Reader::new(b"\xd2\x01\x0b\xd2\x01");
        let mut out = Vec::new();
        renumber_constant(&mut reader, &mut out, &|_| Ok(7)).unwrap();
        assert_eq!((out.as_slice(), reader.at()), (b"\xd2\x07\x0b".as_slice(), 3));
    }

    #[test]
    fn an_instruction_that_nobody_taught_is_refused_by_its_code() {
        let failure = renumber_body(b"\0\xfd\x0c\x0b", &Ok).expect_err("vectors are not used");
        assert!(failure.to_string().contains("0xfd"), "{failure}");
    }
}
