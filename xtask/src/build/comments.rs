//! Scripts and styles without what is only for people: comments, indentation and empty lines. Every other character stays, and
//! so do the lines, so that an error's place is still worth something.

use crate::shell::{Failure, Result};

/// Leaves out a script's comments that have lines of their own.
pub fn out_of_script(path: &str, script: &str) -> Result<String> {
    let mut out = String::with_capacity(script.len());
    let mut is_in_comment = false;
    for line in script.lines().map(str::trim) {
        let code_behind = || Failure::new(format!("{path} has code behind a comment: {line}"));
        if is_in_comment {
            match line.split_once("*/") {
                None => {}
                Some((_, "")) => is_in_comment = false,
                Some(_) => return Err(code_behind()),
            }
            continue;
        }
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if line.starts_with("/*") {
            match line.find("*/") {
                None => is_in_comment = true,
                Some(end) if end + 2 == line.len() => {}
                Some(_) => return Err(code_behind()),
            }
            continue;
        }
        // In a template, indentation is text.
        if line.matches('`').count() % 2 == 1 {
            return Err(Failure::new(format!("{path} has a template of several lines: {line}")));
        }
        out.push_str(line);
        out.push('\n');
    }
    if is_in_comment {
        return Err(Failure::new(format!("a comment of {path} has no end on a line's end")));
    }
    Ok(out)
}

/// Leaves out a style sheet's comments.
pub fn out_of_sheet(path: &str, sheet: &str) -> Result<String> {
    let mut code = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, from) = rest.split_at(at);
        code.push_str(before);
        let unended = || Failure::new(format!("{path} has a text or a comment without an end: {from}"));
        if let Some(comment) = from.strip_prefix("/*") {
            rest = comment.split_once("*/").ok_or_else(unended)?.1;
            continue;
        }
        let length = if from.starts_with('/') { 1 } else { text_length(from).ok_or_else(unended)? };
        let (kept, after) = from.split_at(length);
        code.push_str(kept);
        rest = after;
    }
    code.push_str(rest);
    let lines: Vec<&str> = code.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Ok(lines.join("\n"))
}

/// Measures a text with both of its quotes.
fn text_length(from: &str) -> Option<usize> {
    let mut characters = from.char_indices();
    let (_, quote) = characters.next()?;
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next()?;
        } else if character == quote {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_keeps_its_code_line_by_line() {
        let script = "/** What it does.\n * @returns {number}\n */\nfunction it() {\n    // Why.\n\n    return 'a /* b // c'; // 1\n}\n/* one */\n";
        assert_eq!(
            out_of_script("a.js", script).unwrap(),
            "function it() {\nreturn 'a /* b // c'; // 1\n}\n"
        );
    }

    #[test]
    fn what_cannot_be_told_from_a_comment_is_refused() {
        assert!(out_of_script("a.js", "let a = `\n  // text\n`;").is_err());
        assert!(out_of_script("a.js", "/* what */ code();").is_err());
        assert!(out_of_script("a.js", "/* what\n*/ code();\n").is_err());
        // It was taken for a part of the comment, and so was all up to the next comment's end.
        assert!(out_of_script("a.js", "/* what\n*/ code();\nmore();\n/* why */\n").is_err());
        assert!(out_of_script("a.js", "let a = `b`;").is_ok());
    }

    #[test]
    fn a_sheet_loses_comments_and_keeps_texts_that_look_like_them() {
        let sheet = "/* All. */\na::after {\n  content: \"/* \\\" kept\"; /* why\n  it is so */\n  width: calc(1px / 2);\n}\n\nb { c: '/*' }\n";
        let wanted = "a::after {\ncontent: \"/* \\\" kept\";\nwidth: calc(1px / 2);\n}\nb { c: '/*' }";
        assert_eq!(out_of_sheet("a.css", sheet).unwrap(), wanted);
        assert!(out_of_sheet("a.css", "a { } /* b").is_err());
        assert!(out_of_sheet("a.css", "a { b: \"c }").is_err());
    }
}
