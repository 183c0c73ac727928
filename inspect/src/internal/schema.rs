//! How Kafka's messages are described here: tables of fields with the versions that have them, which one reader follows
//! ([`super::reader`]). The facts are those of Kafka's message schemas (`*.json` in its jars, version 4.4.0).

/// What one value of a field is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar {
    Bool,
    Int8,
    Int16,
    Uint16,
    Int32,
    Int64,
    Float64,
    Text,
    Bytes,
    Uuid,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    One(Scalar),
    Many(Scalar),
    Structure(&'static [Field]),
    Structures(&'static [Field]),
}

pub(super) const BOOL: Kind = Kind::One(Scalar::Bool);
pub(super) const INT8: Kind = Kind::One(Scalar::Int8);
pub(super) const INT16: Kind = Kind::One(Scalar::Int16);
pub(super) const UINT16: Kind = Kind::One(Scalar::Uint16);
pub(super) const INT32: Kind = Kind::One(Scalar::Int32);
pub(super) const INT64: Kind = Kind::One(Scalar::Int64);
pub(super) const FLOAT64: Kind = Kind::One(Scalar::Float64);
pub(super) const TEXT: Kind = Kind::One(Scalar::Text);
pub(super) const BYTES: Kind = Kind::One(Scalar::Bytes);
pub(super) const UUID: Kind = Kind::One(Scalar::Uuid);
pub(super) const INT16S: Kind = Kind::Many(Scalar::Int16);
pub(super) const INT32S: Kind = Kind::Many(Scalar::Int32);
pub(super) const TEXTS: Kind = Kind::Many(Scalar::Text);
pub(super) const UUIDS: Kind = Kind::Many(Scalar::Uuid);

/// One structure.
pub(super) const fn structure(fields: &'static [Field]) -> Kind {
    Kind::Structure(fields)
}

/// An array of structures.
pub(super) const fn structs(fields: &'static [Field]) -> Kind {
    Kind::Structures(fields)
}

/// One field of a message or of a structure in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// As Kafka's JSON spells it.
    pub name: &'static str,
    pub kind: Kind,
    /// The versions that have it.
    first: u8,
    last: u8,
    pub nullable: bool,
    /// Tagged fields lie behind all others, and only where they differ from their default (KIP-482).
    pub tag: Option<u8>,
}

/// A field of every version.
pub(super) const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, first: 0, last: u8::MAX, nullable: false, tag: None }
}

impl Field {
    /// Not in versions before `first`.
    pub const fn since(self, first: u8) -> Self {
        Self { first, ..self }
    }

    /// In these versions only.
    pub const fn only(self, first: u8, last: u8) -> Self {
        Self { first, last, ..self }
    }

    /// May be null, in all versions that have it.
    pub const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// Is a tagged field, in all versions that have it.
    pub const fn tagged(self, tag: u8) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// Tells whether messages of a version have the field.
    pub const fn is_in(&self, version: u8) -> bool {
        self.first <= version && version <= self.last
    }
}

/// A message without flexible versions.
pub(super) const NEVER: u8 = u8::MAX;

/// A message: its fields in all versions from 0 to the last one known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    /// As Kafka names it.
    pub name: &'static str,
    pub last_version: u8,
    /// From here on lengths are compact and tagged fields may follow (KIP-482).
    pub flexible_since: u8,
    pub fields: &'static [Field],
}

/// A message of versions 0 to `last_version`.
pub(super) const fn message(
    name: &'static str,
    last_version: u8,
    flexible_since: u8,
    fields: &'static [Field],
) -> Message {
    Message { name, last_version, flexible_since, fields }
}

impl Message {
    /// Returns the version as it is used here if the message has it.
    pub fn known(&self, version: i16) -> Option<u8> {
        u8::try_from(version).ok().filter(|version| *version <= self.last_version)
    }
}

/// A kind of record in a coordinator's topic. Its number opens the key, and the key says what the value is.
#[derive(Debug)]
pub(super) struct CoordinatorRecord {
    /// Persisted by Kafka: `CoordinatorRecordType`.
    pub number: i16,
    pub key: Message,
    pub value: Message,
    /// What the record is about; see [`super::summary`].
    pub key_summary: &'static str,
    /// What it says, put behind that.
    pub value_summary: &'static str,
}

/// A kind of record in the metadata log.
#[derive(Debug)]
pub(super) struct MetadataRecord {
    /// Persisted by Kafka: `MetadataRecordType`.
    pub number: i16,
    pub value: Message,
    /// See [`super::summary`].
    pub summary: &'static str,
}
