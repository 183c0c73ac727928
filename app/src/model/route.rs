//! What one looks at, as the part of the address after `#`: any static host serves such links, in any folder, with no rewrite
//! rules. Printing and parsing are inverse: [`Route::parse`] of [`Route::href`] is the same route.

use super::columns::ExtraColumn;
use crate::engine::protocol::{IsolationLevel, ReplayState, Speed, Start};

/// A place in the app.
#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// The first screen.
    Home,
    /// The list of topics.
    Topics,
    /// How the store is.
    Health,
    /// What this is.
    About,
    /// A stored topic.
    Topic {
        /// Its name, as written in the address: unchecked.
        name: String,
        /// Which tab.
        tab: Tab,
        /// What of it.
        look: Look,
    },
    /// A file that was opened since the page was loaded.
    File {
        /// The page's number for it.
        file: u32,
        /// Which tab; one of [`Tab::OF_FILES`].
        tab: Tab,
        /// What of it.
        look: Look,
    },
    /// An address that means nothing here.
    Unknown(String),
}

/// The tabs of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// The grid.
    #[default]
    Messages,
    /// The grid, with the publish drawer over it.
    Publish,
    /// The grid, played through.
    Replay,
    /// Partitions, configs, deleting.
    Settings,
    /// Whether what was opened in place is whole.
    Verify,
}

/// What of a topic or file one looks at. Everything is optional; the address names only what differs from the default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// Where to start; the newest record when missing.
    pub start: Option<Start>,
    /// Which partitions; all when missing.
    pub partitions: Option<Vec<i32>>,
    /// The record whose details are open: partition and offset.
    pub record: Option<(i32, i64)>,
    /// What of transactions is shown; everything when the address says nothing.
    pub isolation: IsolationLevel,
    /// Which columns were added.
    pub columns: Vec<ExtraColumn>,
    /// Where a replay stands, in milliseconds since 1970 UTC: all earlier records are shown.
    pub at: Option<i64>,
    /// How fast a replay plays; as recorded when missing.
    pub speed: Option<Speed>,
    /// Longer gaps than this a replay cuts down to it, in milliseconds; none when missing.
    pub gaps_ms: Option<u64>,
    /// Whether a replay begins again at its end.
    pub is_loop: bool,
}

impl Tab {
    /// All tabs.
    pub const ALL: [Self; 5] = [Self::Messages, Self::Publish, Self::Replay, Self::Settings, Self::Verify];

    /// The tabs of a topic, in their order on the screen.
    pub const OF_TOPICS: [Self; 4] = [Self::Messages, Self::Publish, Self::Replay, Self::Settings];

    /// The tabs of a file, in their order on the screen.
    pub const OF_FILES: [Self; 3] = [Self::Messages, Self::Replay, Self::Verify];

    /// Returns the tab's name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Publish => "publish",
            Self::Replay => "replay",
            Self::Settings => "settings",
            Self::Verify => "verify",
        }
    }

    /// Returns the tab's name on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Messages => "Messages",
            Self::Publish => "Publish",
            Self::Replay => "Replay",
            Self::Settings => "Settings",
            Self::Verify => "Verify",
        }
    }

    /// Tells whether files have it: they are read, and nothing about them is set.
    pub fn is_of_files(self) -> bool {
        Self::OF_FILES.contains(&self)
    }

    /// Tells whether topics have it.
    pub fn is_of_topics(self) -> bool {
        Self::OF_TOPICS.contains(&self)
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.as_str() == text)
    }
}

impl Route {
    /// Names a topic's tab, with nothing special to look at.
    pub fn topic(name: impl Into<String>, tab: Tab) -> Self {
        Self::Topic { name: name.into(), tab, look: Look::default() }
    }

    /// Names an opened file's messages.
    pub fn file(file: u32) -> Self {
        Self::File { file, tab: Tab::Messages, look: Look::default() }
    }

    /// Returns what of a topic or file is looked at; the default elsewhere.
    pub fn look(&self) -> Look {
        match self {
            Self::Topic { look, .. } | Self::File { look, .. } => look.clone(),
            Self::Home | Self::Topics | Self::Health | Self::About | Self::Unknown(_) => Look::default(),
        }
    }

    /// Returns the same place with another look; places that have none stay as they are.
    pub fn with_look(self, look: Look) -> Self {
        match self {
            Self::Topic { name, tab, .. } => Self::Topic { name, tab, look },
            Self::File { file, tab, .. } => Self::File { file, tab, look },
            other => other,
        }
    }

    /// Returns the same topic or file at another tab; `None` where there are no tabs, or not this one. Going between the grid and the
    /// publish drawer over it keeps what is looked at; the replay keeps the choice of partitions,
    /// columns and isolation level.
    pub fn at_tab(&self, to: Tab) -> Option<Self> {
        match self {
            Self::Topic { name, tab, look } if to.is_of_topics() => {
                Some(Self::Topic { name: name.clone(), tab: to, look: look.kept(*tab, to) })
            }
            Self::File { file, tab, look } if to.is_of_files() => {
                Some(Self::File { file: *file, tab: to, look: look.kept(*tab, to) })
            }
            _ => None,
        }
    }

    /// Parses the part of an address from `#` on; an empty one is the first screen. What a look cannot use is left out.
    pub fn parse(hash: &str) -> Self {
        let path_and_query = hash.trim_start_matches('#').trim_start_matches('/');
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let known = match parts.as_slice() {
            [] => Some(Self::Home),
            ["topics"] => Some(Self::Topics),
            ["health"] => Some(Self::Health),
            ["about"] => Some(Self::About),
            ["topic", name] => Some(Self::topic(*name, Tab::Messages)),
            ["topic", name, tab] => {
                Tab::parse(tab).filter(|tab| tab.is_of_topics()).map(|tab| Self::topic(*name, tab))
            }
            ["file", file] => file.parse().ok().map(Self::file),
            ["file", file, tab] => parse_file(file, tab),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Unknown(hash.to_owned())).with_look(Look::parse(query))
    }

    /// Prints the place as a link from any page of the app, beginning with `#`.
    pub fn href(&self) -> String {
        match self {
            Self::Home => "#/".to_owned(),
            Self::Topics => "#/topics".to_owned(),
            Self::Health => "#/health".to_owned(),
            Self::About => "#/about".to_owned(),
            Self::Topic { name, tab, look } => {
                format!("#/topic/{}/{}{}", encoded(name), tab.as_str(), look.query())
            }
            Self::File { file, tab, look } => format!("#/file/{file}/{}{}", tab.as_str(), look.query()),
            Self::Unknown(hash) => hash.clone(),
        }
    }
}

fn parse_file(file: &str, tab: &str) -> Option<Route> {
    let tab = Tab::parse(tab).filter(|tab| tab.is_of_files())?;
    Some(Route::File { file: file.parse().ok()?, tab, look: Look::default() })
}

impl Look {
    /// Returns what is kept of it when one goes from a tab to another.
    fn kept(&self, from: Tab, to: Tab) -> Self {
        let is_grid = |tab: Tab| matches!(tab, Tab::Messages | Tab::Publish);
        match (from, to) {
            _ if from == to || is_grid(from) && is_grid(to) => self.clone(),
            (_, Tab::Settings | Tab::Verify) => Self::default(),
            _ => {
                let Self { partitions, columns, isolation, .. } = self.clone();
                Self { partitions, columns, isolation, ..Self::default() }
            }
        }
    }

    /// Takes in where a replay stands and how it plays.
    pub fn note_replay(&mut self, state: &ReplayState) {
        // What is shown is what is earlier: the record at this very time counts, too.
        let at = state.timestamp.map(|at| at.saturating_add(1));
        self.at = at.filter(|_| state.rows_shown > 0);
        self.speed = Some(state.options.speed).filter(|speed| *speed != Speed::Times(1.0));
        self.gaps_ms = state.options.skip_gaps_ms;
        self.is_loop = state.options.is_loop;
    }

    fn parse(query: &str) -> Self {
        let mut look = Self::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = decoded(value);
            match name {
                "start" => look.start = parse_start(&value),
                "partitions" => look.partitions = parse_partitions(&value),
                "record" => look.record = parse_record(&value),
                "isolation" => look.isolation = IsolationLevel::from_name(&value).unwrap_or_default(),
                "columns" => look.columns = ExtraColumn::parse_list(&value),
                "at" => look.at = value.parse().ok(),
                "speed" => look.speed = parse_speed(&value),
                "gaps" => look.gaps_ms = value.parse().ok(),
                "loop" => look.is_loop = value == "on",
                _ => {}
            }
        }
        look
    }

    fn query(&self) -> String {
        let mut pairs = Vec::new();
        if let Some(start) = self.start {
            pairs.push(format!("start={}", print_start(start)));
        }
        if let Some(partitions) = &self.partitions {
            let numbers: Vec<String> = partitions.iter().map(i32::to_string).collect();
            pairs.push(format!("partitions={}", numbers.join(",")));
        }
        if let Some((partition, offset)) = self.record {
            pairs.push(format!("record={partition}:{offset}"));
        }
        if self.isolation != IsolationLevel::default() {
            pairs.push(format!("isolation={}", self.isolation.as_str()));
        }
        if !self.columns.is_empty() {
            let names: Vec<&str> = self.columns.iter().map(|column| column.as_str()).collect();
            pairs.push(format!("columns={}", names.join(",")));
        }
        if let Some(at) = self.at {
            pairs.push(format!("at={at}"));
        }
        if let Some(speed) = self.speed {
            pairs.push(format!("speed={}", print_speed(speed)));
        }
        if let Some(gaps_ms) = self.gaps_ms {
            pairs.push(format!("gaps={gaps_ms}"));
        }
        if self.is_loop {
            pairs.push("loop=on".to_owned());
        }
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

fn parse_start(text: &str) -> Option<Start> {
    match text.split_once(':') {
        None if text == "newest" => Some(Start::Newest),
        None if text == "oldest" => Some(Start::Oldest),
        Some(("offset", place)) => {
            parse_record(place).map(|(partition, offset)| Start::Offset { partition, offset })
        }
        Some(("time", millis)) => millis.parse().ok().map(Start::Time),
        _ => None,
    }
}

fn print_start(start: Start) -> String {
    match start {
        Start::Newest => "newest".to_owned(),
        Start::Oldest => "oldest".to_owned(),
        Start::Offset { partition, offset } => format!("offset:{partition}:{offset}"),
        Start::Time(millis) => format!("time:{millis}"),
    }
}

fn parse_partitions(text: &str) -> Option<Vec<i32>> {
    let numbers: Vec<i32> = text
        .split(',')
        .map(|number| number.parse().ok().filter(|number| *number >= 0))
        .collect::<Option<_>>()?;
    Some(numbers)
}

fn parse_record(text: &str) -> Option<(i32, i64)> {
    let (partition, offset) = text.split_once(':')?;
    let (partition, offset) = (partition.parse().ok()?, offset.parse().ok()?);
    (partition >= 0 && offset >= 0).then_some((partition, offset))
}

fn parse_speed(text: &str) -> Option<Speed> {
    if text == "fastest" {
        return Some(Speed::Fastest);
    }
    text.parse().ok().filter(|times| (0.1..=1_000.0).contains(times)).map(Speed::Times)
}

fn print_speed(speed: Speed) -> String {
    match speed {
        Speed::Times(times) => times.to_string(),
        Speed::Fastest => "fastest".to_owned(),
    }
}

/// Percent-encodes everything but letters, digits and `-._~`. Legal topic names stay as they are.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Undoes [`encoded`]; a `%` that encodes nothing stays, bytes that are not UTF-8 become U+FFFD.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| first == b'%');
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
