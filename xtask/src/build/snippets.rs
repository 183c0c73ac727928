//! Scripts that belong to our own crates: wasm-bindgen leaves them in a folder of their own, and its scripts import them from there. Each
//! such file would be one more to wait for, and one more to name by its content; so it becomes part of the script that imports it.

use crate::build::Files;
use crate::shell::{Failure, Result};

const FOLDER: &str = "snippets/";
const BEGIN: &str = "import { ";
const FROM: &str = " } from './snippets/";
const END: &str = "';";

/// Makes the snippets part of the scripts that import them.
pub fn fold_in(staged: Files) -> Result<Files> {
    let (snippets, mut staged): (Files, Files) =
        staged.into_iter().partition(|(path, _)| path.starts_with(FOLDER));
    for (path, bytes) in staged.iter_mut().filter(|(path, _)| path.ends_with(".js")) {
        let script = String::from_utf8_lossy(bytes);
        let lines: Result<Vec<String>> = script.lines().map(|line| folded(path, line, &snippets)).collect();
        *bytes = (lines?.join("\n") + "\n").into_bytes();
    }
    let left = staged.iter().find(|(_, bytes)| String::from_utf8_lossy(bytes).contains("./snippets/"));
    match left {
        Some((path, _)) => Err(Failure::new(format!("{path} names a snippet that is not part of it"))),
        None => Ok(staged),
    }
}

/// Returns a line of a script, or what it imports when that is from a snippet.
fn folded(path: &str, line: &str, snippets: &Files) -> Result<String> {
    let import = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)?.split_once(FROM));
    let Some((names, snippet)) = import else { return Ok(line.to_owned()) };
    let code = snippets
        .get(&format!("{FOLDER}{snippet}"))
        .ok_or_else(|| Failure::new(format!("{path} imports {snippet}, which is not there")))?;
    // Whatever else the snippet defines stays its own.
    let mut code = format!("\n{}", String::from_utf8_lossy(code));
    for kind in ["function ", "async function "] {
        code = code.replace(&format!("\nexport {kind}"), &format!("\n{kind}"));
    }
    if code.contains("\nexport ") || code.contains("\nimport ") || names.contains(" as ") {
        return Err(Failure::new(format!(
            "{path} imports {names} from {snippet} in a way that is not known here"
        )));
    }
    Ok(format!("const {{ {names} }} = (() => {{\n{}\nreturn {{ {names} }};\n}})();", code.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(script: &str, snippet: &str) -> Files {
        let pairs = [("engine.js", script), ("snippets/core-1/a.js", snippet), ("index.html", "page")];
        pairs.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect()
    }

    const IMPORT: &str = "import { go } from './snippets/core-1/a.js';\nlet wasm;\n";

    #[test]
    fn a_snippet_becomes_part_of_the_script_that_imports_it() {
        let files =
            fold_in(staged(IMPORT, "export function go() { return N; }\n// Why.\nconst N = 1;\n")).unwrap();
        let paths: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(paths, ["engine.js", "index.html"]);
        assert_eq!(
            String::from_utf8_lossy(&files["engine.js"]),
            "const { go } = (() => {\nfunction go() { return N; }\n// Why.\nconst N = 1;\nreturn { go };\n})();\nlet wasm;\n"
        );
    }

    #[test]
    fn functions_that_are_waited_for_are_folded_in_as_others_are() {
        let files = fold_in(staged(IMPORT, "export async function go() { return 1; }\n")).unwrap();
        let script = String::from_utf8_lossy(&files["engine.js"]);
        assert!(script.contains("\nasync function go() { return 1; }\nreturn { go };"), "{script}");
    }

    #[test]
    fn what_is_imported_in_another_way_is_refused() {
        for (script, snippet) in [
            ("import { go } from './snippets/core-1/b.js';", "\nexport function go() {}"),
            ("import { go as it } from './snippets/core-1/a.js';", "\nexport function go() {}"),
            ("import * as it from './snippets/core-1/a.js';", "\nexport function go() {}"),
            (IMPORT, "\nexport const go = () => {};"),
            (IMPORT, "\nimport { x } from './b.js';\nexport function go() {}"),
        ] {
            assert!(fold_in(staged(script, snippet)).is_err(), "{script}");
        }
        assert!(fold_in(staged("let wasm;", "")).is_ok());
    }
}
