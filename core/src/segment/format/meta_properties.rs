//! `meta.properties`: whose data directory this is (`org.apache.kafka.metadata.properties.MetaProperties`), Java's properties text:
//!
//! ```text
//! #
//! #Wed Nov 25 19:03:04 UTC 2026
//! node.id=1                                 broker.id in version 0
//! directory.id=oWD9pYWV1DYzPBx1Skv04w       16 bytes in base64 for URLs; since Kafka 3.7
//! version=1                                 1 with KRaft, 0 with ZooKeeper
//! cluster.id=dGFibG9nLWdvbGRlbi0wMQ
//! ```

use crate::segment::format::FormatError;
use crate::segment::format::partition_metadata::{decode_uuid, encode_uuid};
use crate::segment::format::properties::{Property, escape, parse};

/// A whole `meta.properties`. Other properties are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaProperties {
    /// 0 with ZooKeeper, 1 with KRaft.
    pub version: i32,
    /// The cluster; always there in version 1.
    pub cluster_id: Option<String>,
    /// The node; always there in version 1.
    pub node_id: Option<i32>,
    /// The directory, of those that the node has.
    pub directory_id: Option<u128>,
}

impl MetaProperties {
    /// Reads a whole file.
    ///
    /// # Errors
    /// Names the property that is missing or cannot be right. `file` is the file's name.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, FormatError> {
        let properties = parse(file, bytes)?;
        let find = |key: &str| properties.iter().rev().find(|property| property.key == key);
        let number = |property: Option<&Property>| {
            let read = |property: &Property| {
                property.value.parse::<i32>().map_err(|_| refuse(file, property, "is no number"))
            };
            property.map(read).transpose()
        };
        let version = number(find("version"))?.unwrap_or(0);
        let node_key = match version {
            0 => "broker.id",
            1 => "node.id",
            _ => {
                let cause = format!("the file has version {version}; 0 and 1 are known");
                return Err(FormatError::new(file, find("version").map_or(0, |p| p.position_bytes), cause));
            }
        };
        if let Some(node) = find("node.id").filter(|_| version == 0 && find("broker.id").is_none()) {
            // The version's line may be cut off, or another number than the one that was written.
            let cause = "there is a node.id, and the version is 0 or missing, which has a broker.id";
            return Err(FormatError::new(file, node.position_bytes, cause));
        }
        let node_id = number(find(node_key))?;
        let cluster_id = find("cluster.id").map(|property| property.value.clone());
        let missing = match (version, &cluster_id, node_id) {
            (1, None, _) => Some("cluster.id"),
            (1, _, None) => Some("node.id"),
            _ => None,
        };
        if let Some(key) = missing {
            return Err(FormatError::new(file, 0, format!("{key} is missing, which version 1 has to have")));
        }
        let directory = find("directory.id");
        let decode = |property: &Property| {
            decode_uuid(&property.value)
                .ok_or_else(|| refuse(file, property, "is no 22 characters of base64"))
        };
        Ok(Self { version, cluster_id, node_id, directory_id: directory.map(decode).transpose()? })
    }

    /// Writes the file with the lines that Kafka writes, but for the time that Kafka puts into a comment.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = String::from("#\n");
        let mut line = |key: &str, value: String| {
            out.push_str(&format!("{key}={}\n", escape(&value)));
        };
        if let Some(node_id) = self.node_id {
            line(if self.version == 0 { "broker.id" } else { "node.id" }, node_id.to_string());
        }
        if let Some(directory_id) = self.directory_id {
            line("directory.id", encode_uuid(directory_id));
        }
        line("version", self.version.to_string());
        if let Some(cluster_id) = &self.cluster_id {
            line("cluster.id", cluster_id.clone());
        }
        out.into_bytes()
    }
}

fn refuse(file: &str, property: &Property, cause: &str) -> FormatError {
    let shown: String = property.value.chars().take(80).collect();
    FormatError::new(file, property.position_bytes, format!("{} {cause}: {shown:?}", property.key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::format::test_bytes::cut_and_flip;

    const FILE: &str = "meta.properties";
    /// As Kafka 4.4.0 writes it.
    const KAFKAS: &str = "#\n#Wed Nov 25 19:03:04 UTC 2026\nnode.id=1\ndirectory.id=oWD9pYWV1DYzPBx1Skv04w\nversion=1\n\
                          cluster.id=dGFibG9nLWdvbGRlbi0wMQ\n";

    fn parse_text(text: &str) -> Result<MetaProperties, FormatError> {
        MetaProperties::parse(FILE, text.as_bytes())
    }

    #[test]
    fn a_nodes_properties_read_and_come_back() {
        let properties = parse_text(KAFKAS).unwrap();
        assert_eq!((properties.version, properties.node_id), (1, Some(1)));
        assert_eq!(properties.cluster_id.as_deref(), Some("dGFibG9nLWdvbGRlbi0wMQ"));
        assert_eq!(properties.directory_id, Some(0xa160_fda5_8595_d436_333c_1c75_4a4b_f4e3));
        let written = String::from_utf8(properties.encode()).unwrap();
        assert_eq!(written, KAFKAS.replace("#Wed Nov 25 19:03:04 UTC 2026\n", ""));
        let old = parse_text("#\nversion=0\nbroker.id=7\n").unwrap();
        assert_eq!((old.version, old.node_id, old.cluster_id), (0, Some(7), None));
    }

    #[test]
    fn properties_that_cannot_be_right_are_named() {
        let refused = |text: &str| parse_text(text).unwrap_err().to_string();
        assert_eq!(
            refused("version=2\n"),
            "meta.properties, byte 0: the file has version 2; 0 and 1 are known"
        );
        assert!(refused("version=1\nnode.id=1\n").contains("cluster.id is missing"));
        assert!(refused("version=1\ncluster.id=c\n").contains("node.id is missing"));
        // Cut off after the node it read as one of version 0, which names its node otherwise: as none.
        assert!(
            refused("#\nnode.id=1\n").contains("byte 2: there is a node.id, and the version is 0 or missing")
        );
        assert!(refused("node.id=1\nversion=0\n").contains("byte 0: there is a node.id"));
        assert!(
            refused("#\nversion=1\ncluster.id=c\nnode.id=x\n")
                .contains("byte 25: node.id is no number: \"x\"")
        );
        assert!(refused("version=0\ndirectory.id=abc\n").contains("byte 10: directory.id"));
    }

    #[test]
    fn damaged_files_never_panic() {
        cut_and_flip(KAFKAS.as_bytes(), |damaged| {
            if let Ok(properties) = MetaProperties::parse(FILE, damaged) {
                assert_eq!(MetaProperties::parse(FILE, &properties.encode()).unwrap(), properties);
            }
        });
    }

    proptest! {
        #[test]
        fn any_properties_come_back(
            cluster_id in any::<String>(),
            node_id in any::<i32>(),
            directory_id in any::<Option<u128>>(),
        ) {
            let properties =
                MetaProperties { version: 1, cluster_id: Some(cluster_id), node_id: Some(node_id), directory_id };
            prop_assert_eq!(MetaProperties::parse(FILE, &properties.encode()).unwrap(), properties);
        }
    }
}
