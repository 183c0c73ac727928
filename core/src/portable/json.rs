//! Walks the JSON of one line without building it: checks RFC 8259's grammar, and hands out names and values as they are written.
//!
//! A library's parser would build what is thrown away at once, refuse deep nesting and lone surrogates that the grammar allows,
//! and could not carry the raw bytes that kcat writes into its strings. Depth costs one bit a level and no recursion.

use std::borrow::Cow;

use crate::portable::text::{escape_bytes, plain_bytes, unescape};

/// Says what is wrong with a line's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonCause {
    /// The line ends within a value.
    #[error("the line ends before its JSON does")]
    End,
    /// Something else stands where a value must be.
    #[error("a JSON value was expected here")]
    Value,
    /// Something else stands where an object must be.
    #[error("an object was expected here: {{ … }}")]
    Object,
    /// Something else stands where a list must be.
    #[error("a list was expected here: [ … ]")]
    Array,
    /// Something else stands where a field's name must be.
    #[error("a field's name in double quotes was expected here")]
    Name,
    /// No colon follows a field's name.
    #[error("a colon was expected here")]
    Colon,
    /// Neither a comma nor the end follows an element.
    #[error("a comma or '{0}' was expected here")]
    CommaOr(char),
    /// A control character stands bare within a string.
    #[error("a control character within a string must be written as an escape")]
    Control,
    /// A backslash is followed by something that is no escape.
    #[error("this is no escape that JSON knows")]
    Escape,
    /// An escape names half of a character.
    #[error("this escape names one half of a surrogate pair, which is no text: UTF-8 cannot hold it")]
    LoneSurrogate,
    /// A number breaks the grammar.
    #[error("this is no number that JSON knows")]
    Number,
    /// More follows after the value.
    #[error("the line holds more than one JSON value")]
    More,
}

/// What is wrong, and where: `at` counts bytes of the line from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JsonError {
    pub at: usize,
    pub cause: JsonCause,
}

/// What kind of value stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// One value as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Json<'a> {
    pub kind: Kind,
    /// The value's text; a string's with its quotes.
    pub raw: &'a [u8],
    /// Where it begins in the line.
    pub at: usize,
}

impl<'a> Json<'a> {
    /// Returns a string's content, escapes resolved; `None` for another kind.
    pub fn text(&self) -> Result<Option<Cow<'a, [u8]>>, JsonError> {
        let inner = self.raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\""));
        match inner {
            Some(inner) if self.kind == Kind::String => unescape(inner, self.at.saturating_add(1)).map(Some),
            _ => Ok(None),
        }
    }

    /// Returns an integer's value; `None` for another kind, a fraction, an exponent, or one beyond 64 bits.
    pub fn integer(&self) -> Option<i64> {
        if self.kind != Kind::Number {
            return None;
        }
        std::str::from_utf8(self.raw).ok()?.parse().ok()
    }
}

/// A place in a line of JSON.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(line: &'a [u8]) -> Self {
        Self { line, at: 0 }
    }

    /// Returns the next byte that is no white space.
    pub fn peek(&mut self) -> Option<u8> {
        let rest = self.rest();
        let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.advance(blank);
        rest.get(blank).copied()
    }

    /// Says that the next thing is not what it should be.
    pub fn unexpected(&mut self, cause: JsonCause) -> JsonError {
        let cause = if self.peek().is_none() { JsonCause::End } else { cause };
        JsonError { at: self.at, cause }
    }

    /// Checks that nothing but white space is left.
    pub fn end(&mut self) -> Result<(), JsonError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected(JsonCause::More)) }
    }

    /// Steps into an object; then [`Self::next_name`].
    pub fn begin_object(&mut self) -> Result<(), JsonError> {
        self.eat(b'{', JsonCause::Object)
    }

    /// Steps into a list; then [`Self::more`] before each element.
    pub fn begin_array(&mut self) -> Result<(), JsonError> {
        self.eat(b'[', JsonCause::Array)
    }

    /// Reads the next field's name and the colon; `None` at the object's end. `first` is true before the first.
    pub fn next_name(&mut self, first: &mut bool) -> Result<Option<Json<'a>>, JsonError> {
        if !self.more(std::mem::take(first), b'}')? {
            return Ok(None);
        }
        self.name().map(Some)
    }

    /// Steps over the comma before the next element; false past the end.
    pub fn more(&mut self, first: bool, close: u8) -> Result<bool, JsonError> {
        match self.peek() {
            Some(byte) if byte == close => {
                self.advance(1);
                Ok(false)
            }
            Some(b',') if !first => {
                self.advance(1);
                Ok(true)
            }
            Some(_) if first => Ok(true),
            _ => Err(self.unexpected(JsonCause::CommaOr(char::from(close)))),
        }
    }

    /// Reads one whole value, however deep.
    pub fn value(&mut self) -> Result<Json<'a>, JsonError> {
        let first = self.peek();
        let at = self.at;
        let kind = match first {
            Some(b'{') => self.container(Kind::Object)?,
            Some(b'[') => self.container(Kind::Array)?,
            _ => self.scalar()?,
        };
        Ok(Json { kind, raw: self.line.get(at..self.at).unwrap_or_default(), at })
    }

    fn name(&mut self) -> Result<Json<'a>, JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(JsonCause::Name));
        }
        let at = self.at;
        self.string()?;
        let raw = self.line.get(at..self.at).unwrap_or_default();
        self.eat(b':', JsonCause::Colon)?;
        Ok(Json { kind: Kind::String, raw, at })
    }

    fn container(&mut self, kind: Kind) -> Result<Kind, JsonError> {
        let mut nest = Nest::default();
        let mut first = self.open(&mut nest, kind);
        loop {
            let in_object = nest.in_object();
            if !self.more(first, if in_object { b'}' } else { b']' })? {
                first = false;
                if nest.pop() {
                    return Ok(kind);
                }
                continue;
            }
            if in_object {
                self.name()?;
            }
            first = match self.peek() {
                Some(b'{') => self.open(&mut nest, Kind::Object),
                Some(b'[') => self.open(&mut nest, Kind::Array),
                _ => {
                    self.scalar()?;
                    false
                }
            };
        }
    }

    /// Goes one level deeper; the next element is that level's first.
    fn open(&mut self, nest: &mut Nest, kind: Kind) -> bool {
        self.advance(1);
        nest.push(kind == Kind::Object);
        true
    }

    fn scalar(&mut self) -> Result<Kind, JsonError> {
        match self.peek() {
            Some(b'"') => self.string().map(|()| Kind::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Kind::Number),
            Some(b't') => self.literal(b"true", Kind::Bool),
            Some(b'f') => self.literal(b"false", Kind::Bool),
            Some(b'n') => self.literal(b"null", Kind::Null),
            _ => Err(self.unexpected(JsonCause::Value)),
        }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<Kind, JsonError> {
        if !self.rest().starts_with(word) {
            return Err(JsonError { at: self.at, cause: JsonCause::Value });
        }
        self.advance(word.len());
        Ok(kind)
    }

    /// Steps over a string that begins here.
    fn string(&mut self) -> Result<(), JsonError> {
        self.advance(1);
        loop {
            let rest = self.rest();
            let plain = plain_bytes(rest);
            self.advance(plain);
            match rest.get(plain) {
                Some(b'"') => {
                    self.advance(1);
                    return Ok(());
                }
                Some(b'\\') => {
                    let escape = rest.get(plain..).unwrap_or_default();
                    let bytes = escape_bytes(escape).map_err(|cause| JsonError { at: self.at, cause })?;
                    self.advance(bytes);
                }
                Some(_) => return Err(JsonError { at: self.at, cause: JsonCause::Control }),
                None => return Err(JsonError { at: self.at, cause: JsonCause::End }),
            }
        }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        self.advance_if(|byte| byte == b'-');
        if !self.advance_if(|byte| byte == b'0') {
            self.digits(start)?;
        }
        if self.advance_if(|byte| byte == b'.') {
            self.digits(start)?;
        }
        if self.advance_if(|byte| matches!(byte, b'e' | b'E')) {
            self.advance_if(|byte| matches!(byte, b'+' | b'-'));
            self.digits(start)?;
        }
        // A zero in front, as in 007, is no number.
        match self.rest().first() {
            Some(b'0'..=b'9') => Err(JsonError { at: start, cause: JsonCause::Number }),
            _ => Ok(()),
        }
    }

    fn digits(&mut self, start: usize) -> Result<(), JsonError> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.advance(digits);
        if digits > 0 { Ok(()) } else { Err(JsonError { at: start, cause: JsonCause::Number }) }
    }

    fn advance_if(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let found = self.rest().first().is_some_and(|&byte| wanted(byte));
        self.advance(usize::from(found));
        found
    }

    fn eat(&mut self, byte: u8, cause: JsonCause) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected(cause));
        }
        self.advance(1);
        Ok(())
    }

    fn rest(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }
}

/// The objects and lists around a place, one bit each.
#[derive(Debug, Default)]
struct Nest {
    /// The innermost levels, the lowest bit last; 1 is an object.
    levels: u64,
    depth: u32,
    /// The levels around those, 64 at a time: empty for all that people write.
    outer: Vec<u64>,
}

impl Nest {
    fn push(&mut self, object: bool) {
        if self.depth == u64::BITS {
            self.outer.push(self.levels);
            self.depth = 0;
        }
        self.levels = self.levels.wrapping_shl(1) | u64::from(object);
        self.depth = self.depth.saturating_add(1);
    }

    fn in_object(&self) -> bool {
        self.levels & 1 == 1
    }

    /// Leaves the innermost level; true when it was the outermost.
    fn pop(&mut self) -> bool {
        self.levels = self.levels.wrapping_shr(1);
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0
            && let Some(levels) = self.outer.pop()
        {
            self.levels = levels;
            self.depth = u64::BITS;
        }
        self.depth == 0
    }
}

#[cfg(test)]
mod tests;
