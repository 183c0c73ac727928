//! A static server for 127.0.0.1: enough to run the app and its tests, and nothing that the app would depend on.

mod answer;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::shell::{Context, Failure, Result};
use answer::Answer;

/// Longer requests come from no browser.
const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Browsers open connections ahead; one that stays silent is closed after this.
const IDLE_SECONDS_MAX: u64 = 30;
/// So many ports after the asked one are tried.
const PORTS_TRIED: u16 = 100;

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    folder: PathBuf,
}

impl Server {
    /// Listens on `port`, or the next one that is free, for requests for the files of `folder`.
    pub fn listen(folder: &Path, port: u16) -> Result<Server> {
        let ports = port..=port.saturating_add(PORTS_TRIED);
        let listener = ports.clone().find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
        let listener =
            listener.ok_or_else(|| Failure::new(format!("no port of {ports:?} is free on 127.0.0.1")))?;
        Ok(Server { listener, folder: folder.to_owned() })
    }

    /// Tells the address to open.
    pub fn address(&self) -> Result<String> {
        let address = self.listener.local_addr().context("the server has no address")?;
        Ok(format!("http://{address}/"))
    }

    /// Answers from a thread of its own, which ends with the program; tells the address.
    pub fn serve_in_background(self) -> Result<String> {
        let address = self.address()?;
        thread::spawn(move || self.serve());
        Ok(address)
    }

    /// Answers until the program ends.
    pub fn serve(self) -> Result<()> {
        let folder: Arc<Path> = self.folder.into();
        for connection in self.listener.incoming() {
            let Ok(connection) = connection else { continue };
            let folder = Arc::clone(&folder);
            thread::spawn(move || answer_all(connection, &folder));
        }
        Err(Failure::new("the server stopped listening"))
    }
}

/// Answers the requests of one connection, one after the other, until the browser has enough of it.
fn answer_all(connection: TcpStream, folder: &Path) {
    let patience = Some(Duration::from_secs(IDLE_SECONDS_MAX));
    if connection.set_read_timeout(patience).is_err() || connection.set_nodelay(true).is_err() {
        return;
    }
    let Ok(mut writer) = connection.try_clone() else { return };
    let mut reader = BufReader::new(connection);
    while let Some(head) = read_head(&mut reader) {
        let answer = Answer::to(&head, folder);
        if writer.write_all(&answer.bytes()).is_err() {
            return;
        }
    }
}

/// Reads the lines up to the empty one. `None`: the connection is closed, idle, or talks too much.
fn read_head(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if reader.read_line(&mut head).ok()? == 0 || head.len() > REQUEST_BYTES_MAX {
            return None;
        }
        if head[before..].trim_end().is_empty() {
            return Some(head);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn the_next_free_port_is_taken_and_answers_twice_on_one_connection() {
        let folder = std::env::temp_dir().join(format!("tablog-serve-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("index.html"), "hello").unwrap();
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();

        let server = Server::listen(&folder, port).unwrap();
        let address = server.serve_in_background().unwrap();
        assert_ne!(address, format!("http://127.0.0.1:{port}/"));

        let mut connection =
            TcpStream::connect(address.trim_start_matches("http://").trim_end_matches('/')).unwrap();
        for _ in 0..2 {
            connection.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            let mut answer = [0; 1024];
            let length = connection.read(&mut answer).unwrap();
            assert!(String::from_utf8_lossy(&answer[..length]).ends_with("\r\n\r\nhello"));
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
