//! As much Markdown as the documents need: fenced blocks and links.

/// A fenced block.
pub(crate) enum Block {
    /// One with `<!-- file: NAME -->` above it.
    File { name: String, text: String },
    /// `console`: commands after `$ `, each with the output below it; on the machine of `<!-- on: NAME -->`, where that is above.
    Console { machine: Option<String>, commands: Vec<Command> },
    /// Any other.
    Other { language: String, text: String },
}

pub(crate) struct Command {
    pub(crate) text: String,
    pub(crate) output: String,
}

pub(crate) fn blocks(document: &str) -> Vec<Block> {
    let (mut blocks, mut file, mut machine) = (Vec::new(), None, None);
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        // A block in a list stands as far in as its text does, and so do its lines.
        let (margin, line) = line.split_at(line.len() - line.trim_start().len());
        let noted = |what: &str| line.strip_prefix(what)?.strip_suffix(" -->").map(str::to_owned);
        file = noted("<!-- file: ").or(file);
        machine = noted("<!-- on: ").or(machine);
        let Some(language) = line.strip_prefix("```") else { continue };
        let within = lines.by_ref().map(|line| line.strip_prefix(margin).unwrap_or(line));
        let lines_of: Vec<&str> = within.take_while(|line| *line != "```").collect();
        let text = lines_of.join(
            "
",
        ) + "
";
        blocks.push(match (file.take(), language) {
            (Some(name), _) => Block::File { name, text },
            (None, "console") => Block::Console { machine: machine.take(), commands: commands(&text) },
            (None, language) => Block::Other { language: language.to_owned(), text },
        });
    }
    blocks
}

fn commands(text: &str) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(text), _) => commands.push(Command { text: text.to_owned(), output: String::new() }),
            (None, Some(command)) => command.output.extend([line, "\n"]),
            (None, None) => panic!("a console block begins with a command: {line:?}"),
        }
    }
    commands
}

/// Whether `output` is what is `wanted`, where `...` stands for anything.
pub(crate) fn matches(wanted: &str, output: &str) -> bool {
    let (wanted, output) = (wanted.trim(), output.trim());
    let mut parts = wanted.split("...");
    let Some(mut rest) = output.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut open = false;
    for part in parts {
        open = true;
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
        || (open
            && (wanted.ends_with("...") || output.ends_with(wanted.rsplit("...").next().unwrap_or_default())))
}

pub(crate) fn links(document: &str) -> impl Iterator<Item = &str> {
    document.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[test]
fn wildcards_match_what_they_stand_for_and_no_more() {
    assert!(matches("", ""));
    assert!(matches("a...c", "a b c"));
    assert!(matches("...", "anything\nat all"));
    assert!(matches("...x...", "1 x 2"));
    assert!(!matches("", "something"));
    assert!(!matches("a", "ab"));
    assert!(!matches("a...c", "a b"));
    assert!(!matches("a...c", "a c d"));
}
