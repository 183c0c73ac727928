//! Reads Kafka's messages as the tables of [`super::schema`] describe them.
//!
//! ```text
//!             before flexible versions          in flexible versions (KIP-482)
//!  string     i16 length, bytes; -1 null        unsigned varint length + 1, bytes; 0 null
//!  bytes      i32 length, bytes; -1 null        unsigned varint length + 1, bytes; 0 null
//!  array      i32 count, elements; -1 null      unsigned varint count + 1, elements; 0 null
//!  structure  its fields                        its fields, then its tagged fields;
//!                                               one that may be null has i8 1 in front, or is i8 -1;
//!                                               as a tagged field, unsigned varint 1, or 0
//!  tagged     none                              unsigned varint count, each: varint tag, varint size, so many bytes
//! ```
//! Numbers are big-endian. An unsigned varint has 7 bits a byte, the lowest first, and at most 32.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::internal::schema::{Field, Kind, Message, Scalar};
use crate::internal::tree::Tree;
use crate::limits::DECODED_NODES_MAX;

/// Why a message could not be read on: what, where, why.
#[derive(Debug)]
pub(super) struct Fault {
    /// The way to the field: `members[3].clientId`.
    pub field: String,
    /// Bytes in front of the place.
    pub position: usize,
    pub reason: String,
}

impl Fault {
    /// Puts the name of what holds the field in front.
    pub fn within(mut self, holder: &str) -> Self {
        let dot =
            if self.field.is_empty() || holder.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field = format!("{holder}{dot}{}", self.field);
        self
    }
}

/// A message's version, and whether that is a flexible one.
#[derive(Clone, Copy, Debug)]
struct Shape {
    version: u8,
    flexible: bool,
}

/// A place in a key or value.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    /// Where reading ends: all bytes, or those of a tagged field.
    end: usize,
    nodes_left: usize,
    /// Where each field of bytes begins, in the order in which they were read.
    bytes_fields: Vec<usize>,
}

/// What is known of a message beside its fields, to read on within its fields of bytes.
#[derive(Debug)]
pub(super) struct Leftover {
    /// Where each field of bytes begins, in the order in which they were read.
    pub bytes_fields: Vec<usize>,
    /// How many fields and elements may still be decoded.
    pub nodes_left: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::with_limit(bytes, DECODED_NODES_MAX)
    }

    /// Starts within what was read already: so many more fields and elements may be decoded.
    pub fn with_limit(bytes: &'a [u8], nodes_left: usize) -> Self {
        Self { bytes, position: 0, end: bytes.len(), nodes_left, bytes_fields: Vec::new() }
    }

    /// Returns what has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Ends, with what one needs to read on within fields of bytes.
    pub fn leftover(self) -> Leftover {
        Leftover { bytes_fields: self.bytes_fields, nodes_left: self.nodes_left }
    }

    /// Reads a message of a known version: its fields as far as they could be read, and why there are no more.
    pub fn message(&mut self, message: &Message, version: u8) -> (Tree, Option<Fault>) {
        let shape = Shape { version, flexible: version >= message.flexible_since };
        let (tree, result) = self.structure(message.fields, shape);
        (tree, result.and_then(|()| self.finished()).err())
    }

    /// Reads an int16, as the versions and types in front of messages are.
    pub fn int16(&mut self, name: &str) -> Result<i16, Fault> {
        self.fixed().map(i16::from_be_bytes).map_err(|fault| fault.within(name))
    }

    /// Reads an unsigned varint of 32 bits.
    pub fn unsigned_varint(&mut self, name: &str) -> Result<u32, Fault> {
        let start = self.position;
        let mut value = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.fixed::<1>().map_err(|fault| self.back_to(start, fault.reason).within(name))?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                let narrow = u32::try_from(value);
                return narrow.map_err(|_| {
                    self.back_to(start, "the number has more than 32 bits".into()).within(name)
                });
            }
        }
        Err(self.back_to(start, "the number has more than 32 bits".into()).within(name))
    }

    fn back_to(&mut self, position: usize, reason: String) -> Fault {
        self.position = position;
        self.fault(reason)
    }

    fn fault(&self, reason: String) -> Fault {
        Fault { field: String::new(), position: self.position, reason }
    }

    fn left(&self) -> usize {
        self.end.saturating_sub(self.position)
    }

    fn finished(&self) -> Result<(), Fault> {
        match self.left() {
            0 => Ok(()),
            1 => Err(self.fault("one byte follows where nothing should".into())),
            left => Err(self.fault(format!("{left} bytes follow where nothing should"))),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let left = self.left();
        let taken = self.bytes.get(self.position..).and_then(|rest| rest.get(..length));
        let Some(taken) = taken.filter(|_| length <= left) else {
            return Err(self.fault(format!("{length} bytes are needed, {left} are left")));
        };
        self.position = self.position.saturating_add(length);
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let taken = self.take(N)?;
        // `take` gave as many as were asked for.
        taken.try_into().map_err(|_| self.fault(format!("{N} bytes are needed")))
    }

    fn count_node(&mut self) -> Result<(), Fault> {
        let Some(left) = self.nodes_left.checked_sub(1) else {
            return Err(
                self.fault(format!("more than {DECODED_NODES_MAX} fields and elements are not decoded"))
            );
        };
        self.nodes_left = left;
        Ok(())
    }

    fn structure(&mut self, fields: &'static [Field], shape: Shape) -> (Tree, Result<(), Fault>) {
        let mut slots: Vec<Option<Tree>> = fields.iter().map(|_| None).collect();
        let mut unknown = Vec::new();
        let result = self.fields(fields, shape, &mut slots, &mut unknown);
        let named = fields.iter().zip(slots);
        let mut read: Vec<_> = named.filter_map(|(field, slot)| Some((field.name, slot?))).collect();
        if !unknown.is_empty() {
            read.push(("unknownTaggedFields", Tree::List(unknown)));
        }
        (Tree::Fields(read), result)
    }

    fn fields(
        &mut self,
        fields: &'static [Field],
        shape: Shape,
        slots: &mut [Option<Tree>],
        unknown: &mut Vec<Tree>,
    ) -> Result<(), Fault> {
        for (field, slot) in fields.iter().zip(slots.iter_mut()) {
            if field.tag.is_none() && field.is_in(shape.version) {
                self.field(field, shape, slot)?;
            }
        }
        if !shape.flexible {
            return Ok(());
        }
        for _ in 0..self.unsigned_varint("count of tagged fields")? {
            self.tagged(fields, shape, slots, unknown)?;
        }
        Ok(())
    }

    fn tagged(
        &mut self,
        fields: &'static [Field],
        shape: Shape,
        slots: &mut [Option<Tree>],
        unknown: &mut Vec<Tree>,
    ) -> Result<(), Fault> {
        let tag = self.unsigned_varint("tag")?;
        let is_meant = |field: &Field| field.tag.map(u32::from) == Some(tag) && field.is_in(shape.version);
        let known = fields.iter().zip(slots.iter_mut()).find(|(field, _)| is_meant(field));
        let name = known.as_ref().map_or_else(|| format!("tagged field {tag}"), |known| known.0.name.into());
        let size = self.unsigned_varint("size").map_err(|fault| fault.within(&name))?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > self.left() {
            let reason = format!("{size} bytes are announced, {} are left", self.left());
            return Err(self.fault(reason).within(&name));
        }
        let Some((field, slot)) = known else {
            self.count_node()?;
            let bytes = Tree::Bytes(self.take(size)?.to_vec());
            unknown.push(Tree::Fields(vec![("tag", Tree::Int(tag.into())), ("bytes", bytes)]));
            return Ok(());
        };
        let end = std::mem::replace(&mut self.end, self.position.saturating_add(size));
        let result = self
            .field(field, shape, slot)
            .and_then(|()| self.finished().map_err(|fault| fault.within(field.name)));
        self.end = end;
        result
    }

    /// Reads a field into its place, as far as it can be read.
    fn field(&mut self, field: &Field, shape: Shape, slot: &mut Option<Tree>) -> Result<(), Fault> {
        let (tree, result) = match field.kind {
            Kind::One(scalar) => match self.scalar(scalar, shape, field.nullable) {
                Ok(tree) => (Some(tree), Ok(())),
                Err(fault) => (None, Err(fault)),
            },
            Kind::Structure(fields) => self.single(field, fields, shape),
            Kind::Many(_) | Kind::Structures(_) => self.list(field, shape),
        };
        *slot = tree;
        result.map_err(|fault| fault.within(field.name))
    }

    fn single(
        &mut self,
        field: &Field,
        fields: &'static [Field],
        shape: Shape,
    ) -> (Option<Tree>, Result<(), Fault>) {
        let is_there = match (field.nullable, field.tag) {
            (false, _) => Ok(true),
            (true, None) => self.fixed().map(|presence| i8::from_be_bytes(presence) >= 0),
            (true, Some(_)) => self.unsigned_varint("").map(|presence| presence > 0),
        };
        match is_there {
            Err(fault) => (None, Err(fault)),
            Ok(false) => (Some(Tree::Null), Ok(())),
            Ok(true) => {
                let (tree, result) = self.structure(fields, shape);
                (Some(tree), result)
            }
        }
    }

    fn list(&mut self, field: &Field, shape: Shape) -> (Option<Tree>, Result<(), Fault>) {
        let count = match self.length(Width::Wide, shape, field.nullable, "elements") {
            Ok(Some(count)) => count,
            Ok(None) => return (Some(Tree::Null), Ok(())),
            Err(fault) => return (None, Err(fault)),
        };
        let mut elements = Vec::new();
        let mut result = Ok(());
        for index in 0..count {
            let (element, read) = match field.kind {
                Kind::One(scalar) | Kind::Many(scalar) => match self.scalar(scalar, shape, false) {
                    Ok(element) => (Some(element), Ok(())),
                    Err(fault) => (None, Err(fault)),
                },
                Kind::Structure(fields) | Kind::Structures(fields) => {
                    let (element, read) = self.structure(fields, shape);
                    (Some(element), read.and_then(|()| self.count_node()))
                }
            };
            elements.extend(element);
            result = read.map_err(|fault| fault.within(&format!("[{index}]")));
            if result.is_err() {
                break;
            }
        }
        (Some(Tree::List(elements)), result)
    }

    fn scalar(&mut self, scalar: Scalar, shape: Shape, nullable: bool) -> Result<Tree, Fault> {
        self.count_node()?;
        Ok(match scalar {
            Scalar::Bool => Tree::Bool(self.fixed::<1>()? != [0]),
            Scalar::Int8 => Tree::Int(i8::from_be_bytes(self.fixed()?).into()),
            Scalar::Int16 => Tree::Int(i16::from_be_bytes(self.fixed()?).into()),
            Scalar::Uint16 => Tree::Int(u16::from_be_bytes(self.fixed()?).into()),
            Scalar::Int32 => Tree::Int(i32::from_be_bytes(self.fixed()?).into()),
            Scalar::Int64 => Tree::Int(i64::from_be_bytes(self.fixed()?)),
            Scalar::Float64 => Tree::Float(f64::from_be_bytes(self.fixed()?)),
            Scalar::Uuid => Tree::Text(URL_SAFE_NO_PAD.encode(self.fixed::<16>()?)),
            Scalar::Text => match self.length(Width::Narrow, shape, nullable, "bytes")? {
                None => Tree::Null,
                Some(length) => self.text(length)?,
            },
            Scalar::Bytes => match self.length(Width::Wide, shape, nullable, "bytes")? {
                None => Tree::Null,
                Some(length) => {
                    self.bytes_fields.push(self.position);
                    Tree::Bytes(self.take(length)?.to_vec())
                }
            },
        })
    }

    fn text(&mut self, length: usize) -> Result<Tree, Fault> {
        let start = self.position;
        match std::str::from_utf8(self.take(length)?) {
            Ok(text) => Ok(Tree::text(text)),
            Err(error) => {
                let mut fault = self.back_to(start, "the text is not UTF-8".into());
                fault.position = start.saturating_add(error.valid_up_to());
                Err(fault)
            }
        }
    }

    /// Reads a length; `None` is null. Every element takes a byte at least, so none can be larger than what is left.
    fn length(
        &mut self,
        width: Width,
        shape: Shape,
        nullable: bool,
        of: &str,
    ) -> Result<Option<usize>, Fault> {
        let start = self.position;
        let length = match (shape.flexible, width) {
            (true, _) => i64::from(self.unsigned_varint("")?).saturating_sub(1),
            (false, Width::Narrow) => i16::from_be_bytes(self.fixed()?).into(),
            (false, Width::Wide) => i32::from_be_bytes(self.fixed()?).into(),
        };
        let left = self.left();
        let reason = match usize::try_from(length) {
            Ok(length) if length <= left => return Ok(Some(length)),
            Ok(length) => format!("{length} {of} are announced, {left} bytes are left"),
            Err(_) if length == -1 && nullable => return Ok(None),
            Err(_) if length == -1 => "it is null, which it must not be".into(),
            Err(_) => format!("a length of {length} is announced"),
        };
        Err(self.back_to(start, reason))
    }
}

/// How wide a length is before flexible versions.
#[derive(Clone, Copy, Debug)]
enum Width {
    Narrow,
    Wide,
}
