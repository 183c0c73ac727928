//! `quorum-state`: whom a node of a KRaft cluster follows, or voted for (KIP-595, KIP-853,
//! `org.apache.kafka.raft.FileQuorumStateStore`), one line of JSON without an end:
//!
//! ```text
//! {"clusterId":"","leaderId":1,"leaderEpoch":2,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}
//! {"leaderId":-1,"leaderEpoch":3,"votedId":2,"votedDirectoryId":"aJtYSiKfQ1W98uHYTAK1Gg","data_version":1}
//! ```
//! Version 0 goes with `kraft.version` 0, whose voters are those of the config; version 1 with `kraft.version` 1, whose voters
//! are in the metadata's log. -1 stands for "nobody". Read only.

use serde_json::{Map, Value};

use crate::limits::QUORUM_STATE_BYTES_MAX;
use crate::segment::format::FormatError;
use crate::segment::format::partition_metadata::decode_uuid;
use crate::segment::wide;

/// The versions that are known.
const VERSIONS: [i64; 2] = [0, 1];
/// Voters that are named when another one is the leader.
const VOTERS_SHOWN_MAX: usize = 10;
/// Kafka's number for nobody.
const NOBODY: i64 = -1;

/// A whole `quorum-state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumState {
    /// The file's version: 0 or 1.
    pub version: i16,
    /// The epoch of the election, at least 0.
    pub leader_epoch: i32,
    /// The leader of that epoch, if it is known.
    pub leader_id: Option<i32>,
    /// Whom the node voted for in that epoch, if it voted.
    pub voted_id: Option<i32>,
    /// The directory of the one that it voted for; from version 1 on.
    pub voted_directory_id: Option<u128>,
    /// The voters; in version 0 only, and empty where it is not written who they are.
    pub current_voters: Vec<i32>,
}

/// What a `quorum-state` is, as far as it can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuorumStateFile {
    /// One of a known version.
    Known(QuorumState),
    /// One of another version, whose fields mean something else: the version.
    Unknown(i64),
}

impl QuorumStateFile {
    /// Reads a whole file. What follows the first line, or the object in it, counts for nothing, as for Kafka; so do fields that
    /// are not known.
    ///
    /// # Errors
    /// Says what cannot be right. `file` is the file's name.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, FormatError> {
        let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let refuse = |cause: String| FormatError::new(file, 0, cause);
        if line.len() > QUORUM_STATE_BYTES_MAX {
            let cause = format!(
                "the first line takes {} bytes; at most {QUORUM_STATE_BYTES_MAX} are read",
                line.len()
            );
            return Err(refuse(cause));
        }
        let mut values = serde_json::Deserializer::from_slice(line).into_iter::<Value>();
        let fields = match values.next() {
            None => return Err(refuse("the file has no JSON in its first line".to_owned())),
            Some(Ok(Value::Object(fields))) => fields,
            Some(Ok(_)) => return Err(refuse("the first line is no JSON object".to_owned())),
            Some(Err(error)) => {
                let at = wide(error.column().saturating_sub(1).min(line.len()));
                return Err(FormatError::new(file, at, format!("the first line is no JSON: {error}")));
            }
        };
        let version = number(&fields, "data_version", i16::MIN.into()..=i16::MAX.into()).map_err(refuse)?;
        if !VERSIONS.contains(&version) {
            return Ok(Self::Unknown(version));
        }
        QuorumState::of(&fields, version).map(Self::Known).map_err(refuse)
    }
}

impl QuorumState {
    fn of(fields: &Map<String, Value>, version: i64) -> Result<Self, String> {
        let id = |name| number_i32(fields, name, NOBODY..=i32::MAX.into());
        let somebody = |id: i32| (id >= 0).then_some(id);
        let mut state = Self {
            version: i16::try_from(version).unwrap_or_default(),
            leader_epoch: number_i32(fields, "leaderEpoch", 0..=i32::MAX.into())?,
            leader_id: somebody(id("leaderId")?),
            voted_id: somebody(id("votedId")?),
            voted_directory_id: None,
            current_voters: Vec::new(),
        };
        if version == 0 {
            text(fields, "clusterId")?;
            number(fields, "appliedOffset", 0..=i64::MAX)?;
            state.current_voters = voters(fields)?;
        } else {
            let id = text(fields, "votedDirectoryId")?;
            let decoded = decode_uuid(id).ok_or_else(|| {
                format!(
                    "\"votedDirectoryId\" should be 22 characters of base64, and is {}",
                    shown(&id.into())
                )
            })?;
            state.voted_directory_id = Some(decoded).filter(|&id| id != 0);
        }
        Ok(state)
    }

    /// Says in what the fields contradict each other; `None` when they do not. Of another epoch's election nothing is left, so
    /// that leader and vote go by the same voters.
    pub fn contradiction(&self) -> Option<String> {
        let is_stranger = |id: &i32| !self.current_voters.is_empty() && !self.current_voters.contains(id);
        let strangers = [("leader is", self.leader_id), ("vote is for", self.voted_id)];
        let stranger = strangers.into_iter().find_map(|(what, id)| Some((what, id.filter(is_stranger)?)));
        if let Some((what, id)) = stranger {
            let mut voters: Vec<String> =
                self.current_voters.iter().take(VOTERS_SHOWN_MAX).map(i32::to_string).collect();
            if self.current_voters.len() > VOTERS_SHOWN_MAX {
                voters.push("…".to_owned());
            }
            return Some(format!("the {what} node {id}, which is none of the voters {}", voters.join(", ")));
        }
        let directory = self.voted_directory_id.filter(|_| self.voted_id.is_none());
        directory.map(|_| "there is a vote for a directory, and for no node".to_owned())
    }
}

fn voters(fields: &Map<String, Value>) -> Result<Vec<i32>, String> {
    let voters = match field(fields, "currentVoters")? {
        Value::Null => return Ok(Vec::new()),
        Value::Array(voters) => voters,
        other => return Err(format!("\"currentVoters\" should be a list, and is {}", shown(other))),
    };
    let voter = |voter: &Value| match voter {
        Value::Object(voter) => number_i32(voter, "voterId", 0..=i32::MAX.into()),
        other => Err(format!("a voter should be an object, and is {}", shown(other))),
    };
    voters.iter().map(voter).collect()
}

fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a Value, String> {
    fields.get(name).ok_or_else(|| format!("\"{name}\" is missing"))
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    let value = field(fields, name)?;
    value.as_str().ok_or_else(|| format!("\"{name}\" should be text, and is {}", shown(value)))
}

fn number(
    fields: &Map<String, Value>,
    name: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<i64, String> {
    let value = field(fields, name)?;
    let (from, to) = (range.start(), range.end());
    let refused =
        || format!("\"{name}\" should be a whole number from {from} to {to}, and is {}", shown(value));
    value.as_i64().filter(|number| range.contains(number)).ok_or_else(refused)
}

fn number_i32(
    fields: &Map<String, Value>,
    name: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<i32, String> {
    number(fields, name, range).and_then(|number| i32::try_from(number).map_err(|error| error.to_string()))
}

/// Shows a value, as far as one wants to see it: a damaged file may hold anything.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::format::test_bytes::cut_and_flip;

    const FILE: &str = "__cluster_metadata-0/quorum-state";
    /// As Kafka 4.4.0 wrote it.
    const KAFKAS: &[u8] = include_bytes!("../../../tests/data/kafka-4.4.0/__cluster_metadata-0/quorum-state");
    /// By the schema of version 1 in Kafka 4.4.0.
    const VERSION_1: &str = r#"{"leaderId":-1,"leaderEpoch":3,"votedId":2,"votedDirectoryId":"aJtYSiKfQ1W98uHYTAK1Gg","data_version":1}"#;

    fn read(text: &str) -> QuorumState {
        match QuorumStateFile::parse(FILE, text.as_bytes()) {
            Ok(QuorumStateFile::Known(state)) => state,
            other => panic!("{other:?}"),
        }
    }

    fn refused(text: &str) -> String {
        QuorumStateFile::parse(FILE, text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn both_versions_tell_leader_epoch_and_vote() {
        let kafkas = read(std::str::from_utf8(KAFKAS).unwrap());
        let expected = QuorumState {
            version: 0,
            leader_epoch: 2,
            leader_id: Some(1),
            voted_id: None,
            voted_directory_id: None,
            current_voters: vec![1],
        };
        assert_eq!(kafkas, expected);
        let voted = read(VERSION_1);
        assert_eq!(
            (voted.version, voted.leader_epoch, voted.leader_id, voted.voted_id),
            (1, 3, None, Some(2))
        );
        assert_eq!(voted.voted_directory_id, Some(0x689b_584a_229f_4355_bdf2_e1d8_4c02_b51a));
        assert_eq!(voted.contradiction(), None);
        // What follows, and what later versions add without a number of their own, is passed over as Kafka passes over it.
        let followed = format!("{}\nmore", VERSION_1.replace("{\"leaderId\"", "{\"new\":[1],\"leaderId\""));
        assert_eq!(read(&followed), voted);
    }

    #[test]
    fn another_version_is_no_error_and_is_not_looked_into() {
        let parse = |text: &str| QuorumStateFile::parse(FILE, text.as_bytes());
        assert_eq!(parse(r#"{"data_version":2}"#), Ok(QuorumStateFile::Unknown(2)));
        assert_eq!(parse(r#"{"leaderId":"x","data_version":-1}"#), Ok(QuorumStateFile::Unknown(-1)));
    }

    #[test]
    fn files_that_cannot_be_right_say_why() {
        assert_eq!(refused(""), format!("{FILE}, byte 0: the file has no JSON in its first line"));
        assert_eq!(refused("[]"), format!("{FILE}, byte 0: the first line is no JSON object"));
        assert!(
            refused("{\"leaderId\":1")
                .starts_with(&format!("{FILE}, byte 12: the first line is no JSON: EOF"))
        );
        assert!(refused("{}").ends_with("\"data_version\" is missing"));
        let changed = |from: &str, to: &str| refused(&VERSION_1.replace(from, to));
        assert!(changed("\"leaderId\"", "\"leaderid\"").ends_with("\"leaderId\" is missing"));
        assert!(
            changed(":3,", ":-3,")
                .ends_with("\"leaderEpoch\" should be a whole number from 0 to 2147483647, and is -3")
        );
        assert!(
            changed(":-1,", ":-2,")
                .ends_with("\"leaderId\" should be a whole number from -1 to 2147483647, and is -2")
        );
        assert!(changed("\"votedId\":2", "\"votedId\":2.5").ends_with("and is 2.5"));
        assert!(changed("aJtY", "aJt?").ends_with("and is \"aJt?SiKfQ1W98uHYTAK1Gg\""));
        let voters = |to: &str| refused(&String::from_utf8_lossy(KAFKAS).replace("[{\"voterId\":1}]", to));
        assert!(voters("7").ends_with("\"currentVoters\" should be a list, and is 7"));
        assert!(voters("[1]").ends_with("a voter should be an object, and is 1"));
        assert!(voters("[{\"voterId\":-1}]").ends_with("and is -1"));
        let long = format!("{{\"data_version\":\"{}\"}}", "x".repeat(10_000));
        assert!(refused(&long).len() < 300, "an endless value is not shown whole");
        let longer = format!("{{\"data_version\":\"{}\"}}", "x".repeat(QUORUM_STATE_BYTES_MAX));
        assert!(refused(&longer).ends_with("the first line takes 65555 bytes; at most 65536 are read"));
    }

    #[test]
    fn a_leader_or_a_vote_that_cannot_be_is_a_contradiction() {
        let state = |leader_id, voted_id, voters: &[i32]| QuorumState {
            leader_id,
            voted_id,
            current_voters: voters.to_vec(),
            ..read(VERSION_1)
        };
        assert_eq!(state(Some(1), Some(2), &[1, 2]).contradiction(), None);
        assert_eq!(state(Some(7), Some(2), &[]).contradiction(), None);
        let told = |state: QuorumState| state.contradiction().unwrap();
        assert_eq!(
            told(state(Some(7), None, &[1, 2])),
            "the leader is node 7, which is none of the voters 1, 2"
        );
        assert_eq!(
            told(state(None, Some(7), &[1, 2])),
            "the vote is for node 7, which is none of the voters 1, 2"
        );
        let many: Vec<i32> = (10..30).collect();
        assert!(
            told(state(Some(7), None, &many)).ends_with("voters 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, …")
        );
        assert_eq!(told(state(None, None, &[])), "there is a vote for a directory, and for no node");
    }

    #[test]
    fn damaged_files_never_panic_and_one_that_is_cut_off_is_refused() {
        for whole in [KAFKAS, VERSION_1.as_bytes()] {
            for cut in 0..whole.len() {
                assert!(QuorumStateFile::parse(FILE, &whole[..cut]).is_err(), "cut at {cut}");
            }
            cut_and_flip(whole, |damaged| {
                if let Err(error) = QuorumStateFile::parse(FILE, damaged) {
                    assert!(error.position_bytes <= damaged.len() as u64 && !error.cause.is_empty());
                }
            });
        }
    }
}
