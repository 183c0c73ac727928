//! Debian's packages: what is installed, and installing more when we may.

use std::path::Path;

use crate::ground::find_program;
use crate::shell::{self, Failure, Result, say};

/// Installs the packages of `names` that are missing. `why` ends the line "installing … from Debian".
///
/// Fails with the one command that would do it, where we are not root or this is no Debian.
pub fn bring(names: &[&str], why: &str) -> Result<()> {
    let missing: Vec<&str> = names.iter().copied().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    let Some(apt) = find_program("apt-get") else {
        return Err(Failure::new(format!("{list} must be installed {why}, and this machine has no apt-get")));
    };
    let by_hand = format!("sudo apt-get install --yes --no-install-recommends {list}");
    let Some(prefix) = way_to_root() else {
        return Err(Failure::new(format!("{list} must be installed {why}. Run: {by_hand}")));
    };
    say(format_args!("installing {list} from Debian {why}"));
    if install(&prefix, &apt, &missing).is_err() {
        say("refreshing Debian's lists of packages and trying again");
        shell::run(&mut root_command(&prefix, &apt, &["update", "-qq"]))?;
        install(&prefix, &apt, &missing).map_err(|error| Failure::new(format!("{error}. Run: {by_hand}")))?;
    }
    Ok(())
}

fn install(prefix: &[&str], apt: &Path, names: &[&str]) -> Result<()> {
    let arguments = ["install", "--yes", "--no-install-recommends", "-qq"];
    // One line for all of it was said before; only what goes wrong is worth more.
    shell::read(root_command(prefix, apt, &arguments).args(names)).map(drop)
}

fn root_command(prefix: &[&str], program: &Path, arguments: &[&str]) -> std::process::Command {
    let mut command = match prefix {
        [] => shell::command(program),
        [first, rest @ ..] => {
            let mut command = shell::command(first);
            command.args(rest).arg(program);
            command
        }
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Tells how to become root without being asked anything: not at all, by sudo, or no way.
fn way_to_root() -> Option<Vec<&'static str>> {
    let id = shell::read(shell::command("id").arg("-u")).ok()?;
    if id == "0" {
        return Some(Vec::new());
    }
    shell::read(shell::command("sudo").args(["--non-interactive", "true"])).ok()?;
    Some(vec!["sudo", "--non-interactive", "--preserve-env=DEBIAN_FRONTEND"])
}

fn is_installed(name: &str) -> bool {
    shell::read(shell::command("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", name]))
        .is_ok_and(|status| status == "installed")
}
