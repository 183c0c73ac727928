//! Topic configs under Kafka's names. Only what really works is accepted: a setting that is stored and then ignored would
//! be a lie that one finds out much later.

use std::collections::BTreeMap;

use crate::limits::MAX_MESSAGE_BYTES_DEFAULT;
use crate::record::{Compression, TimestampType};

/// The configs of one topic, parsed: what was set, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicConfig {
    overrides: BTreeMap<ConfigName, String>,
    max_message_bytes: usize,
    compression_type: CompressionType,
    timestamp_type: TimestampType,
    retention_ms: Option<i64>,
    retention_bytes: Option<u64>,
}

/// Who chooses the codec of stored batches (`compression.type`; `org.apache.kafka.server.record.BrokerCompressionType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompressionType {
    /// The producer: its batches are kept as they come.
    #[default]
    Producer,
    /// The topic: batches with another codec are packed anew when they are appended.
    Topic(Compression),
}

impl CompressionType {
    /// Returns the codec that a batch is stored with, if it comes with this one.
    pub fn codec_for(self, producers: Compression) -> Compression {
        match self {
            Self::Producer => producers,
            Self::Topic(codec) => codec,
        }
    }

    fn parse(value: &str) -> Option<Self> {
        match value {
            "producer" => Some(Self::Producer),
            "uncompressed" => Some(Self::Topic(Compression::None)),
            // Kafka has another word for it here than the producer's `compression.type` has.
            "none" => None,
            codec => Compression::parse(codec).map(Self::Topic),
        }
    }
}

/// A config that this version knows and keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigName {
    /// `cleanup.policy`
    CleanupPolicy,
    /// `compression.type`
    CompressionType,
    /// `max.message.bytes`
    MaxMessageBytes,
    /// `message.timestamp.type`
    MessageTimestampType,
    /// `retention.bytes`
    RetentionBytes,
    /// `retention.ms`
    RetentionMs,
}

/// One config as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// Kafka's name for it.
    pub name: &'static str,
    /// The value in force, in Kafka's spelling.
    pub value: String,
    /// Whether nobody set it.
    pub is_default: bool,
    /// What may be set.
    pub allowed: &'static str,
}

/// Says what is wrong with a config, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No such config, or none that this version keeps.
    #[error("there is no topic config \"{name}\" here; there are {known}")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The names that would do.
        known: String,
    },
    /// The value is not one that this version can honour.
    #[error("{name}={value} is not possible: {allowed}")]
    Value {
        /// The config.
        name: &'static str,
        /// The value that was given.
        value: String,
        /// What may be set, and why no more.
        allowed: &'static str,
    },
}

impl ConfigName {
    /// Every config there is, in the order of their names.
    pub const ALL: [Self; 6] = [
        Self::CleanupPolicy,
        Self::CompressionType,
        Self::MaxMessageBytes,
        Self::MessageTimestampType,
        Self::RetentionBytes,
        Self::RetentionMs,
    ];

    /// Returns Kafka's name. Persisted in the topic's row.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CleanupPolicy => "cleanup.policy",
            Self::CompressionType => "compression.type",
            Self::MaxMessageBytes => "max.message.bytes",
            Self::MessageTimestampType => "message.timestamp.type",
            Self::RetentionBytes => "retention.bytes",
            Self::RetentionMs => "retention.ms",
        }
    }

    /// Finds a config by Kafka's name.
    ///
    /// # Errors
    /// `Unknown`, with the names there are.
    pub fn parse(name: &str) -> Result<Self, ConfigError> {
        Self::ALL.into_iter().find(|known| known.as_str() == name).ok_or_else(|| ConfigError::Unknown {
            name: name.to_owned(),
            known: Self::ALL.map(Self::as_str).join(", "),
        })
    }

    /// Returns the value in force when nobody sets one.
    pub fn default_value(self) -> String {
        match self {
            Self::CleanupPolicy => "delete".to_owned(),
            Self::CompressionType => "producer".to_owned(),
            Self::MaxMessageBytes => MAX_MESSAGE_BYTES_DEFAULT.to_string(),
            Self::MessageTimestampType => "CreateTime".to_owned(),
            Self::RetentionBytes | Self::RetentionMs => "-1".to_owned(),
        }
    }

    /// Says what may be set, for people.
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::CleanupPolicy => "this version does not compact; allowed is delete",
            Self::CompressionType => {
                "allowed are producer, which keeps what the producer sent, uncompressed, gzip, snappy, lz4 and zstd"
            }
            Self::MaxMessageBytes => "allowed is a whole number of bytes from 0 to 2147483647",
            Self::MessageTimestampType => "allowed are CreateTime and LogAppendTime",
            Self::RetentionBytes => {
                "allowed is a number of bytes for each partition, beyond which its oldest records are deleted, or -1 to keep all"
            }
            Self::RetentionMs => {
                "allowed is a number of milliseconds, after which the oldest records are deleted, or -1 to keep all"
            }
        }
    }
}

impl Default for TopicConfig {
    fn default() -> Self {
        Self {
            overrides: BTreeMap::new(),
            max_message_bytes: usize::try_from(MAX_MESSAGE_BYTES_DEFAULT).unwrap_or(usize::MAX),
            compression_type: CompressionType::Producer,
            timestamp_type: TimestampType::CreateTime,
            retention_ms: None,
            retention_bytes: None,
        }
    }
}

impl TopicConfig {
    /// Parses names and values; a name given twice takes its last value, as Kafka's map does.
    ///
    /// # Errors
    /// Names the first config that is unknown or has an impossible value.
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        configs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ConfigError> {
        let mut parsed = Self::default();
        for (name, value) in configs {
            parsed.set(ConfigName::parse(name.as_ref())?, value.as_ref())?;
        }
        Ok(parsed)
    }

    /// Sets one config.
    ///
    /// # Errors
    /// `Value` when this version cannot honour the value.
    pub fn set(&mut self, name: ConfigName, value: &str) -> Result<(), ConfigError> {
        let wrong =
            || ConfigError::Value { name: name.as_str(), value: value.to_owned(), allowed: name.allowed() };
        let value = value.trim();
        match (name, value) {
            (ConfigName::MaxMessageBytes, _) => {
                let bytes: i32 = value.parse().map_err(|_| wrong())?;
                self.max_message_bytes = usize::try_from(bytes).map_err(|_| wrong())?;
            }
            (ConfigName::CompressionType, _) => {
                self.compression_type = CompressionType::parse(value).ok_or_else(wrong)?;
            }
            (ConfigName::MessageTimestampType, "CreateTime") => {
                self.timestamp_type = TimestampType::CreateTime;
            }
            (ConfigName::MessageTimestampType, "LogAppendTime") => {
                self.timestamp_type = TimestampType::LogAppendTime;
            }
            // As in Kafka: of the one nothing below -1 is taken, of the other everything negative is without limit.
            (ConfigName::RetentionMs, _) => {
                let millis: i64 = value.parse().ok().filter(|millis| *millis >= -1).ok_or_else(wrong)?;
                self.retention_ms = (millis >= 0).then_some(millis);
            }
            (ConfigName::RetentionBytes, _) => {
                let bytes: i64 = value.parse().map_err(|_| wrong())?;
                self.retention_bytes = u64::try_from(bytes).ok();
            }
            (ConfigName::CleanupPolicy, "delete") => {}
            _ => return Err(wrong()),
        }
        self.overrides.insert(name, value.to_owned());
        Ok(())
    }

    /// Takes one config back to its default.
    pub fn reset(&mut self, name: ConfigName) {
        self.overrides.remove(&name);
        match name {
            ConfigName::MaxMessageBytes => self.max_message_bytes = Self::default().max_message_bytes,
            ConfigName::MessageTimestampType => self.timestamp_type = TimestampType::CreateTime,
            ConfigName::CompressionType => self.compression_type = CompressionType::Producer,
            ConfigName::RetentionBytes => self.retention_bytes = None,
            ConfigName::RetentionMs => self.retention_ms = None,
            ConfigName::CleanupPolicy => {}
        }
    }

    /// Returns the largest batch that may be appended, in bytes with its 61 bytes of header (`max.message.bytes`).
    pub fn max_message_bytes(&self) -> usize {
        self.max_message_bytes
    }

    /// Returns who chooses the codec that batches are stored with (`compression.type`).
    pub fn compression_type(&self) -> CompressionType {
        self.compression_type
    }

    /// Returns whose time the records carry (`message.timestamp.type`).
    pub fn timestamp_type(&self) -> TimestampType {
        self.timestamp_type
    }

    /// Returns after how many milliseconds records may go (`retention.ms`); `None` when they never do.
    pub fn retention_ms(&self) -> Option<i64> {
        self.retention_ms
    }

    /// Returns how many bytes of each partition are kept (`retention.bytes`); `None` when all are.
    pub fn retention_bytes(&self) -> Option<u64> {
        self.retention_bytes
    }

    /// Returns what was set, by Kafka's names; the defaults are not among it.
    pub fn overrides(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.overrides.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns every config with the value in force, in the order of their names.
    pub fn entries(&self) -> Vec<ConfigEntry> {
        let entry = |name: ConfigName| {
            let set = self.overrides.get(&name);
            ConfigEntry {
                name: name.as_str(),
                value: set.cloned().unwrap_or_else(|| name.default_value()),
                is_default: set.is_none(),
                allowed: name.allowed(),
            }
        };
        ConfigName::ALL.into_iter().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Result<TopicConfig, ConfigError> {
        TopicConfig::parse([(name, value)])
    }

    #[test]
    fn the_defaults_are_kafkas_except_that_nothing_is_ever_thrown_away() {
        let config = TopicConfig::default();
        assert_eq!(config.max_message_bytes(), 1_048_588);
        assert_eq!(config.timestamp_type(), TimestampType::CreateTime);
        let shown: Vec<_> = config.entries().into_iter().map(|e| format!("{}={}", e.name, e.value)).collect();
        assert_eq!(
            shown,
            [
                "cleanup.policy=delete",
                "compression.type=producer",
                "max.message.bytes=1048588",
                "message.timestamp.type=CreateTime",
                "retention.bytes=-1",
                "retention.ms=-1",
            ]
        );
        assert!(config.entries().iter().all(|entry| entry.is_default));
    }

    #[test]
    fn every_default_is_a_value_that_may_be_set() {
        for name in ConfigName::ALL {
            let config = one(name.as_str(), &name.default_value()).unwrap();
            assert_eq!(config.overrides().count(), 1, "{name:?}");
            assert_eq!(TopicConfig { overrides: BTreeMap::new(), ..config }, TopicConfig::default());
        }
    }

    #[test]
    fn what_is_set_is_in_force_until_it_is_reset() {
        let mut config = TopicConfig::parse([
            ("max.message.bytes", "100"),
            ("message.timestamp.type", "LogAppendTime"),
            ("compression.type", "zstd"),
            ("max.message.bytes", "2000"),
            ("retention.ms", "0"),
            ("retention.bytes", "9223372036854775807"),
        ])
        .unwrap();
        assert_eq!(config.max_message_bytes(), 2_000);
        assert_eq!(config.timestamp_type(), TimestampType::LogAppendTime);
        assert_eq!(config.compression_type(), CompressionType::Topic(Compression::Zstd));
        assert_eq!(config.retention_ms(), Some(0));
        assert_eq!(config.retention_bytes(), Some(9_223_372_036_854_775_807));
        ConfigName::ALL.into_iter().for_each(|name| config.reset(name));
        assert_eq!(config, TopicConfig::default());
    }

    #[test]
    fn a_negative_retention_is_none_as_far_as_kafka_takes_one() {
        assert_eq!(one("retention.ms", "-1").unwrap().retention_ms(), None);
        assert_eq!(one("retention.bytes", "-7").unwrap().retention_bytes(), None);
        assert_eq!(one("retention.bytes", "0").unwrap().retention_bytes(), Some(0));
    }

    #[test]
    fn compression_types_have_kafkas_words_and_none_is_not_one_of_them() {
        let types = ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"];
        let codecs = types.map(|value| one("compression.type", value).unwrap().compression_type());
        let from_gzip = codecs.map(|codec| codec.codec_for(Compression::Gzip).to_string());
        assert_eq!(from_gzip, ["gzip", "none", "gzip", "snappy", "lz4", "zstd"]);
        assert_eq!(codecs[0].codec_for(Compression::Zstd), Compression::Zstd);
    }

    #[test]
    fn an_unknown_config_is_refused_with_the_known_ones_named() {
        let error = one("retention.hours", "1").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no topic config \"retention.hours\" here; there are cleanup.policy, compression.type, \
             max.message.bytes, message.timestamp.type, retention.bytes, retention.ms"
        );
        assert!(one("segment.bytes", "1000").is_err());
    }

    #[test]
    fn a_value_that_would_have_no_effect_is_refused_with_the_reason() {
        for (name, value, reason) in [
            ("compression.type", "none", "uncompressed, gzip, snappy, lz4 and zstd"),
            ("compression.type", "LZ4", "uncompressed, gzip, snappy, lz4 and zstd"),
            ("cleanup.policy", "compact", "does not compact"),
            ("cleanup.policy", "compact,delete", "does not compact"),
            ("retention.ms", "-2", "or -1 to keep all"),
            ("retention.ms", "9223372036854775808", "or -1 to keep all"),
            ("retention.ms", "7 days", "or -1 to keep all"),
            ("retention.bytes", "1.5", "or -1 to keep all"),
            ("max.message.bytes", "-1", "from 0 to 2147483647"),
            ("max.message.bytes", "2147483648", "from 0 to 2147483647"),
            ("max.message.bytes", "1 MB", "from 0 to 2147483647"),
            ("message.timestamp.type", "createtime", "CreateTime and LogAppendTime"),
        ] {
            let error = one(name, value).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name}={value} ")), "{error}");
            assert!(error.contains(reason), "{error}");
        }
    }
}
