//! Just enough of Rust's lexing to tell code from comments and literals, and words from parts of words.

/// Blanks comments, strings and character literals. Lines stay lines, columns stay columns (counted in bytes).
pub fn without_comments_and_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = match end_of_blank(text, at) {
            Some(end) => end,
            None => {
                out.push(bytes[at]);
                at += 1;
                continue;
            }
        };
        out.extend(bytes[at..end].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// If a comment or a literal starts here, tells where it ends.
fn end_of_blank(text: &str, at: usize) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    let length = match rest {
        [b'/', b'/', ..] => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => length_of_block_comment(rest),
        [b'"', ..] => length_of_string(rest),
        [b'r', b'"' | b'#', ..] if !follows_word(text, at) => length_of_raw_string(rest)?,
        [b'b' | b'c', b'r', b'"' | b'#', ..] if !follows_word(text, at) => {
            1 + length_of_raw_string(&rest[1..])?
        }
        [b'\'', ..] => length_of_char(rest)?,
        _ => return None,
    };
    Some(at + length)
}

fn follows_word(text: &str, at: usize) -> bool {
    at > 0 && is_word_byte(text.as_bytes()[at - 1])
}

fn length_of_block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn length_of_string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn length_of_raw_string(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let end: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = &rest[2 + hashes..];
    let length =
        body.windows(end.len()).position(|window| window == end).map_or(body.len(), |it| it + end.len());
    Some(2 + hashes + length)
}

/// A lifetime is no literal: `'a` has no closing quote right after.
fn length_of_char(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        return rest[3..].iter().position(|byte| *byte == b'\'').map(|it| it + 4);
    }
    let character = std::str::from_utf8(&rest[1..rest.len().min(5)]);
    let first = match character {
        Ok(text) => text.chars().next(),
        Err(error) => {
            std::str::from_utf8(&rest[1..1 + error.valid_up_to()]).ok().and_then(|text| text.chars().next())
        }
    }?;
    let length = 1 + first.len_utf8();
    (rest.get(length) == Some(&b'\'')).then_some(length + 1)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Finds a word, whole, in code; returns the numbers of its lines, from 1.
pub fn lines_with_word(code: &str, word: &str) -> Vec<usize> {
    let has_word = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            let bytes = line.as_bytes();
            let before = at > 0 && is_word_byte(bytes[at - 1]);
            let after = bytes.get(at + word.len()).copied().is_some_and(is_word_byte);
            !before && !after
        })
    };
    code.lines().enumerate().filter(|(_, line)| has_word(line)).map(|(index, _)| index + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_code_stays() {
        let text = "let a = \"leptos \\\" leptos\"; // leptos\nlet b = r#\"leptos \" leptos\"#; /* leptos /* leptos */ leptos */ let c = 1;";
        let code = without_comments_and_literals(text);
        assert!(!code.contains("leptos"), "{code}");
        assert!(
            code.contains("let a =") && code.contains("let b =") && code.contains("let c = 1;"),
            "{code}"
        );
        assert_eq!(code.len(), text.len());
        assert_eq!(code.lines().count(), 2);
    }

    #[test]
    fn quotes_of_characters_and_lifetimes_do_not_open_strings() {
        let code = without_comments_and_literals(
            "fn f<'a>(c: char) -> &'a str { match c { '\"' => web, '\\'' | 'é' => js, b'\"' => x } }",
        );
        assert!(code.contains("web") && code.contains("js") && code.contains("&'a str"), "{code}");
        assert!(!code.contains('é') && !code.contains('"'), "{code}");
    }

    #[test]
    fn only_whole_words_are_found() {
        assert_eq!(
            lines_with_word("a\nuse leptos::prelude;\nleptos_dom\nmy_leptos\nx.leptos", "leptos"),
            vec![2, 5]
        );
    }
}
