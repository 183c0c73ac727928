//! What a visit costs: the size of every asset, as it is and as a host sends it (brotli), against the budget.

use std::fmt::Write as _;
use std::io::Write as _;
use std::thread;

use crate::build::{Files, is_first_load};
use crate::shell::{Failure, Result};

/// The first load of everything needed, compressed: 1 MB.
const FIRST_LOAD_BYTES_MAX: u64 = 1_000_000;
/// What static hosts commonly use for files compressed ahead.
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW_BITS: u32 = 22;

/// A file's size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    path: String,
    raw_bytes: u64,
    brotli_bytes: u64,
}

/// Compresses every file and tells the sizes, the largest first.
pub fn measure(files: &Files) -> Vec<Size> {
    let mut sizes: Vec<Size> = thread::scope(|scope| {
        let threads: Vec<_> =
            files.iter().map(|(path, bytes)| scope.spawn(|| size_of(path, bytes))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    sizes.sort_by(|a, b| b.brotli_bytes.cmp(&a.brotli_bytes).then_with(|| a.path.cmp(&b.path)));
    sizes
}

fn size_of(path: &str, bytes: &[u8]) -> Size {
    let raw_bytes = bytes.len() as u64;
    // A host sends whichever is smaller: pictures do not shrink.
    let brotli_bytes = brotli_length(bytes).map_or(raw_bytes, |length| length.min(raw_bytes));
    Size { path: path.to_owned(), raw_bytes, brotli_bytes }
}

fn brotli_length(bytes: &[u8]) -> Option<u64> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, BROTLI_QUALITY, BROTLI_WINDOW_BITS);
    writer.write_all(bytes).ok()?;
    Some(writer.into_inner().len() as u64)
}

/// Draws the table: first what the first visit loads, then what comes later, each with its sum.
pub fn table(sizes: &[Size]) -> String {
    let mut table = String::new();
    for (title, first) in [("first load", true), ("later, when the page is at rest", false)] {
        let mut row = |name: &str, raw: u64, brotli: u64| {
            let drawn = writeln!(table, "{name:<48} {:>12} {:>12}", grouped(raw), grouped(brotli));
            debug_assert!(drawn.is_ok(), "writing to a string cannot fail");
        };
        let chosen: Vec<&Size> = sizes.iter().filter(|size| is_first_load(&size.path) == first).collect();
        for size in &chosen {
            row(&size.path, size.raw_bytes, size.brotli_bytes);
        }
        row(
            &format!("= {title}"),
            chosen.iter().map(|it| it.raw_bytes).sum(),
            chosen.iter().map(|it| it.brotli_bytes).sum(),
        );
    }
    format!("{:<48} {:>12} {:>12}\n{table}", "asset", "bytes", "brotli")
}

/// Fails if the first load is over the budget, with both numbers.
pub fn ensure_within_budget(sizes: &[Size]) -> Result<()> {
    let first: u64 =
        sizes.iter().filter(|size| is_first_load(&size.path)).map(|size| size.brotli_bytes).sum();
    if first <= FIRST_LOAD_BYTES_MAX {
        return Ok(());
    }
    let (first, budget) = (grouped(first), grouped(FIRST_LOAD_BYTES_MAX));
    Err(Failure::new(format!("the first load is {first} bytes of brotli, the budget allows {budget}")))
}

/// Writes a number with commas: 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(path: &str, brotli_bytes: u64) -> Size {
        Size { path: path.to_owned(), raw_bytes: brotli_bytes * 3, brotli_bytes }
    }

    #[test]
    fn compressible_files_shrink_and_others_do_not_grow() {
        let mut files = Files::new();
        files.insert("a.js".to_owned(), b"tablog ".repeat(1000));
        files.insert("b.png".to_owned(), vec![7]);
        let sizes = measure(&files);
        let of = |path: &str| sizes.iter().find(|size| size.path == path).unwrap().clone();
        assert_eq!(of("a.js").raw_bytes, 7000);
        assert!(of("a.js").brotli_bytes < 100, "{:?}", of("a.js"));
        assert_eq!(of("b.png").brotli_bytes, 1);
    }

    #[test]
    fn the_table_sums_the_first_load_and_the_rest_apart() {
        let table =
            table(&[size("page.wasm", 500_000), size("samples/shop.jsonl", 100), size("page.js", 1000)]);
        let sums: Vec<&str> = table.lines().filter(|line| line.starts_with('=')).collect();
        assert!(sums[0].ends_with(" 1,503,000      501,000"), "{table}");
        assert!(sums[1].ends_with(" 300          100"), "{table}");
    }

    #[test]
    fn a_first_load_over_the_budget_fails_with_both_numbers() {
        ensure_within_budget(&[size("page.wasm", 1_000_000), size("samples/shop.jsonl", 9_000_000)]).unwrap();
        let failure = ensure_within_budget(&[size("page.wasm", 1_000_001)]).expect_err("one byte over");
        assert_eq!(
            failure.to_string(),
            "the first load is 1,000,001 bytes of brotli, the budget allows 1,000,000"
        );
    }
}
