//! Walking JSON text line by line of its layout: one member, element or bracket a line, and pieces of what is too long for one.

use std::rc::Rc;

use crate::limits::{JSON_DEPTH_MAX, VIEW_LINE_CHARS};
use crate::text::{next_char, push_visible_str};
use crate::value::{Span, SpanKind};

/// A place between two lines of the layout, and all that is needed to go on from there.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    at: usize,
    next: Next,
    open: Brackets,
}

/// The brackets that are open, outermost first: a bit for each, shared by the cursors that were cloned since it was set.
#[derive(Clone, Debug, Default)]
struct Brackets {
    depth: usize,
    /// Set where an object is open. What lies deeper than `depth` is left over, and good if the same is opened again.
    objects: Rc<Vec<u8>>,
}

impl Brackets {
    fn push(&mut self, bracket: u8) {
        let (byte, bit) = (self.depth / 8, 1 << (self.depth % 8));
        let is_object = bracket == b'{';
        if self.objects.get(byte).is_none_or(|byte| (byte & bit != 0) != is_object) {
            let objects = Rc::make_mut(&mut self.objects);
            objects.resize(objects.len().max(byte + 1), 0);
            if let Some(byte) = objects.get_mut(byte) {
                *byte = if is_object { *byte | bit } else { *byte & !bit };
            }
        }
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Returns the innermost bracket.
    fn last(&self) -> Option<u8> {
        let index = self.depth.checked_sub(1)?;
        let byte = self.objects.get(index / 8)?;
        Some(if byte & (1 << (index % 8)) == 0 { b'[' } else { b'{' })
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// An object's member.
    Member,
    /// The text's value, or an array's element.
    Value,
    /// The bracket that closes the innermost object or array.
    Close,
    /// The rest of a string that is too long for one line: checked line by line, so that none takes longer than another.
    Chars { kind: SpanKind },
    /// The rest of a number that is too long for one line, and where it ends: checked when it began.
    Digits { end: usize },
    /// Nothing.
    End,
}

/// What a line of the layout is like.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    pub(super) depth: u16,
    pub(super) continuation: bool,
    pub(super) opens: bool,
    pub(super) closes: bool,
}

/// Where the text stops being JSON, and why.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
}

impl Fault {
    fn new(at: usize, message: &str) -> Self {
        Self { at, message: message.to_owned() }
    }
}

/// Where the line's pieces go, if anybody wants them.
type Out<'a> = Option<&'a mut Vec<Span>>;

impl Cursor {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut cursor = Self { at: mark, next: Next::Value, open: Brackets::default() };
        cursor.skip_space(bytes);
        cursor
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Tells where the open brackets lie, to see who shares them.
    #[cfg(test)]
    pub(super) fn open_at(&self) -> *const u8 {
        self.open.objects.as_ptr()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.next == Next::End
    }

    /// Walks one line on; `None` behind the last.
    pub(super) fn next_line(&mut self, bytes: &[u8], mut out: Out) -> Result<Option<Shape>, Fault> {
        let depth = self.open.depth - usize::from(self.next == Next::Close);
        let mut shape = Shape { depth: u16::try_from(depth).unwrap_or(u16::MAX), ..Shape::default() };
        match self.next {
            Next::End => return Ok(None),
            Next::Close => {
                self.open.pop();
                self.take(bytes, 1, SpanKind::Punctuation, &mut out);
                shape.closes = true;
                self.after_value(bytes, &mut out)?;
            }
            Next::Value => self.value(bytes, &mut out, &mut shape)?,
            Next::Member => {
                if bytes.get(self.at) != Some(&b'"') {
                    return Err(self.expected(bytes, "a name in double quotes"));
                }
                self.string(bytes, SpanKind::Key, &mut out, &mut shape)?;
            }
            Next::Chars { kind } => {
                shape.continuation = true;
                self.string(bytes, kind, &mut out, &mut shape)?;
            }
            Next::Digits { end } => {
                shape.continuation = true;
                self.number(bytes, end, &mut out)?;
            }
        }
        Ok(Some(shape))
    }

    fn value(&mut self, bytes: &[u8], out: &mut Out, shape: &mut Shape) -> Result<(), Fault> {
        match bytes.get(self.at) {
            Some(b'{' | b'[') => self.open(bytes, out, shape),
            Some(b'"') => self.string(bytes, SpanKind::String, out, shape),
            Some(b'-' | b'0'..=b'9') => {
                let end = number_end(bytes, self.at)?;
                self.number(bytes, end, out)
            }
            _ => self.word(bytes, out),
        }
    }

    fn open(&mut self, bytes: &[u8], out: &mut Out, shape: &mut Shape) -> Result<(), Fault> {
        let bracket = bytes.get(self.at).copied().unwrap_or_default();
        if self.open.depth == JSON_DEPTH_MAX {
            let message = format!("nested more than {JSON_DEPTH_MAX} deep");
            return Err(Fault { at: self.at, message });
        }
        self.take(bytes, 1, SpanKind::Punctuation, out);
        self.skip_space(bytes);
        if bytes.get(self.at) == Some(&closing(bracket)) {
            self.take(bytes, 1, SpanKind::Punctuation, out);
            return self.after_value(bytes, out);
        }
        self.open.push(bracket);
        self.next = if bracket == b'{' { Next::Member } else { Next::Value };
        shape.opens = true;
        Ok(())
    }

    fn word(&mut self, bytes: &[u8], out: &mut Out) -> Result<(), Fault> {
        let rest = bytes.get(self.at..).unwrap_or_default();
        let words: [(&[u8], SpanKind); 3] =
            [(b"true", SpanKind::Bool), (b"false", SpanKind::Bool), (b"null", SpanKind::Null)];
        let Some((word, kind)) = words.into_iter().find(|(word, _)| rest.starts_with(word)) else {
            return Err(self.expected(bytes, "a value"));
        };
        self.take(bytes, word.len(), kind, out);
        self.after_value(bytes, out)
    }

    /// Takes as much of a number as fits on the line, and what follows it if that is all.
    fn number(&mut self, bytes: &[u8], end: usize, out: &mut Out) -> Result<(), Fault> {
        let piece = end.min(self.at + VIEW_LINE_CHARS);
        self.take(bytes, piece - self.at, SpanKind::Number, out);
        if piece < end {
            self.next = Next::Digits { end };
            return Ok(());
        }
        self.after_value(bytes, out)
    }

    /// Takes as much of a string as fits on the line, and what follows it if that is all.
    fn string(
        &mut self,
        bytes: &[u8],
        kind: SpanKind,
        out: &mut Out,
        shape: &mut Shape,
    ) -> Result<(), Fault> {
        let is_first = !matches!(self.next, Next::Chars { .. });
        let (piece, is_whole) = string_piece(bytes, self.at, is_first)?;
        self.take(bytes, piece - self.at, kind, out);
        if !is_whole {
            self.next = Next::Chars { kind };
            return Ok(());
        }
        if kind != SpanKind::Key {
            return self.after_value(bytes, out);
        }
        // The key is over: its value begins on this line.
        self.next = Next::Value;
        self.skip_space(bytes);
        if bytes.get(self.at) != Some(&b':') {
            return Err(self.expected(bytes, "a colon"));
        }
        self.at += 1;
        if let Some(out) = out {
            out.push(Span { kind: SpanKind::Punctuation, text: ": ".to_owned() });
        }
        self.skip_space(bytes);
        self.value(bytes, out, shape)
    }

    /// Looks at what comes after a value, and takes the comma onto its line.
    fn after_value(&mut self, bytes: &[u8], out: &mut Out) -> Result<(), Fault> {
        self.skip_space(bytes);
        let Some(bracket) = self.open.last() else {
            self.next = Next::End;
            return if self.at == bytes.len() { Ok(()) } else { Err(self.expected(bytes, "the end")) };
        };
        match bytes.get(self.at) {
            Some(b',') => {
                self.take(bytes, 1, SpanKind::Punctuation, out);
                self.skip_space(bytes);
                self.next = if bracket == b'{' { Next::Member } else { Next::Value };
                Ok(())
            }
            Some(&byte) if byte == closing(bracket) => {
                self.next = Next::Close;
                Ok(())
            }
            _ => Err(self.expected(bytes, if bracket == b'{' { "\",\" or \"}\"" } else { "\",\" or \"]\"" })),
        }
    }

    fn take(&mut self, bytes: &[u8], length: usize, kind: SpanKind, out: &mut Out) {
        let end = self.at + length;
        if let Some(out) = out {
            let piece = String::from_utf8_lossy(bytes.get(self.at..end).unwrap_or_default());
            let mut text = String::with_capacity(piece.len());
            push_visible_str(&mut text, &piece);
            match out.last_mut().filter(|last| last.kind == kind && kind == SpanKind::Punctuation) {
                Some(last) => last.text.push_str(&text),
                None => out.push(Span { kind, text }),
            }
        }
        self.at = end;
    }

    fn skip_space(&mut self, bytes: &[u8]) {
        let rest = bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
    }

    fn expected(&self, bytes: &[u8], what: &str) -> Fault {
        let found = match bytes.get(self.at..).and_then(next_char) {
            None => "the text ends".to_owned(),
            Some((c, _)) => {
                let mut text = String::new();
                push_visible_str(&mut text, c.encode_utf8(&mut [0; 4]));
                format!("there is \"{text}\"")
            }
        };
        Fault { at: self.at, message: format!("expected {what}, but {found}") }
    }
}

fn closing(bracket: u8) -> u8 {
    if bracket == b'{' { b'}' } else { b']' }
}

/// Finds where the piece of a string ends that fits on one line, never inside a character or an escape, and whether the string
/// ends there. Checks it: escapes, control characters, UTF-8. The first piece begins with the opening quote.
fn string_piece(bytes: &[u8], start: usize, is_first: bool) -> Result<(usize, bool), Fault> {
    let mut at = start + usize::from(is_first);
    for _ in usize::from(is_first)..VIEW_LINE_CHARS {
        at += match bytes.get(at) {
            Some(b'"') => return Ok((at + 1, true)),
            Some(b'\\') => escape_length(bytes, at)?,
            Some(..0x20) => {
                return Err(Fault::new(at, "a control character in a string must be written as an escape"));
            }
            Some(..0x80) => 1,
            Some(_) => char_length(bytes, at)?,
            None => return Err(Fault::new(at, "expected the end of a string, but the text ends")),
        };
    }
    Ok((at, false))
}

fn escape_length(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    match bytes.get(at + 1..).unwrap_or_default() {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Ok(2),
        [b'u', hex @ ..] if hex.iter().take(4).filter(|b| b.is_ascii_hexdigit()).count() == 4 => Ok(6),
        _ => Err(Fault::new(at, "there is no such escape in a string")),
    }
}

fn char_length(bytes: &[u8], at: usize) -> Result<usize, Fault> {
    let rest = bytes.get(at..).unwrap_or_default();
    // What is no UTF-8 reads as U+FFFD, which may also stand there as such.
    let is_written = |c: char| rest.starts_with(c.encode_utf8(&mut [0; 4]).as_bytes());
    let found = next_char(rest).filter(|(c, _)| is_written(*c));
    found.map(|(_, length)| length).ok_or_else(|| Fault::new(at, "the text is not UTF-8 here"))
}

/// Finds the end of a number that begins at `start`: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`.
fn number_end(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let digits = |at: usize| -> Result<usize, Fault> {
        let rest = bytes.get(at..).unwrap_or_default();
        match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => Err(Fault { at, message: "expected a digit".to_owned() }),
            count => Ok(at + count),
        }
    };
    let mut at = start + usize::from(bytes.get(start) == Some(&b'-'));
    at = if bytes.get(at) == Some(&b'0') { at + 1 } else { digits(at)? };
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits(at + 1 + sign)?;
    }
    Ok(at)
}
