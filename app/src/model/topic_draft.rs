//! A topic that is being made: checked as one types, with the engine's own rules.

use tablog_core::config::{ConfigName, TopicConfig};
use tablog_core::ids::TopicName;
use tablog_core::limits::PARTITIONS_MAX;

/// What the form holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicDraft {
    /// The name, as typed.
    pub name: String,
    /// The number of partitions, as typed.
    pub partitions: String,
    /// Configs by Kafka's names, as typed; an empty one keeps its default.
    pub configs: Vec<(&'static str, String)>,
}

/// A topic that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: i32,
    /// What differs from the defaults.
    pub configs: Vec<(String, String)>,
}

impl TopicDraft {
    /// Returns what the topic would be, or what is wrong: name and partitions first.
    ///
    /// # Errors
    /// The first sentence that one of the fields would show.
    pub fn finished(&self, taken: &[String]) -> Result<NewTopic, String> {
        let name = check_name(&self.name, taken)?;
        let partitions = check_partitions(&self.partitions)?;
        let mut configs = Vec::new();
        for (config, value) in &self.configs {
            check_config(config, value)?;
            if !value.trim().is_empty() {
                configs.push(((*config).to_owned(), value.trim().to_owned()));
            }
        }
        Ok(NewTopic { name: name.as_str().to_owned(), partitions, configs })
    }
}

/// Checks a name against Kafka's rules and the topics that exist.
///
/// # Errors
/// Says which rule it breaks, or which topic stands in its way.
pub fn check_name(name: &str, taken: &[String]) -> Result<TopicName, String> {
    let name = TopicName::parse(name).map_err(|error| capitalised(&error.to_string()))?;
    for other in taken {
        if other == name.as_str() {
            return Err(format!("There is a topic {other} already"));
        }
        if TopicName::parse(other).is_ok_and(|other| other.collision_key() == name.collision_key()) {
            return Err(format!("{name} is too much like {other}: Kafka takes '.' and '_' for the same"));
        }
    }
    Ok(name)
}

/// Checks a number of partitions.
///
/// # Errors
/// Says what is allowed.
pub fn check_partitions(text: &str) -> Result<i32, String> {
    let wrong = || format!("A topic has 1 to {} partitions", super::format::grouped(PARTITIONS_MAX));
    let number: i64 = text.trim().parse().map_err(|_| wrong())?;
    i32::try_from(number).ok().filter(|number| (1..=PARTITIONS_MAX).contains(number)).ok_or_else(wrong)
}

/// Checks a config; an empty value keeps the default.
///
/// # Errors
/// Says what is allowed.
pub fn check_config(name: &str, value: &str) -> Result<(), String> {
    if value.trim().is_empty() {
        return Ok(());
    }
    TopicConfig::parse([(name, value)]).map(drop).map_err(|error| capitalised(&error.to_string()))
}

/// Returns the configs that can be set: Kafka's name, the default, and what is allowed.
pub fn known_configs() -> Vec<(&'static str, String, &'static str)> {
    ConfigName::ALL.map(|name| (name.as_str(), name.default_value(), name.allowed())).to_vec()
}

/// Makes the first letter a capital: errors come as parts of sentences.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(name: &str, partitions: &str) -> TopicDraft {
        TopicDraft { name: name.into(), partitions: partitions.into(), configs: Vec::new() }
    }

    #[test]
    fn a_good_draft_becomes_a_topic_without_default_configs() {
        let mut draft = draft("orders", " 3 ");
        draft.configs = vec![("max.message.bytes", " 500 ".into()), ("retention.ms", String::new())];
        let configs = vec![("max.message.bytes".to_owned(), "500".to_owned())];
        assert_eq!(draft.finished(&[]), Ok(NewTopic { name: "orders".into(), partitions: 3, configs }));
    }

    #[test]
    fn names_are_refused_in_words() {
        for (name, part) in [
            ("", "at least one character"),
            ("..", "not allowed"),
            ("a b", "' ' at position 2"),
            ("orders", "There is a topic orders already"),
            ("my_topic", "too much like my.topic"),
        ] {
            let sentence = draft(name, "1").finished(&["my.topic".into(), "orders".into()]).unwrap_err();
            assert!(sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn only_one_to_a_thousand_partitions_will_do() {
        for good in ["1", "1000"] {
            assert!(check_partitions(good).is_ok(), "{good}");
        }
        for bad in ["", "0", "-1", "1001", "1.5", "three", "99999999999999999999"] {
            assert_eq!(check_partitions(bad), Err("A topic has 1 to 1,000 partitions".into()), "{bad}");
        }
    }

    #[test]
    fn configs_are_checked_with_the_engines_rules() {
        assert!(check_config("message.timestamp.type", "LogAppendTime").is_ok());
        assert!(check_config("message.timestamp.type", "").is_ok());
        assert!(check_config("cleanup.policy", "compact").is_err());
        assert!(draft("a", "1").finished(&[]).is_ok());
    }
}
