//! Tables as text (RFC 4180): commas between cells, and quotes around one that has a comma, a quote or a line's end.

/// The line that a row begins on, and its cells.
type Row = (usize, Vec<String>);

/// The rows, each with the number of the line that it begins on; empty lines are none. The fault is what is wrong, and
/// in which line.
pub(super) fn read(text: &str) -> Result<Vec<Row>, (usize, String)> {
    let mut rows = Vec::new();
    let (mut row, mut cell) = (Vec::new(), String::new());
    let (mut line, mut began, mut quoted) = (1, 1, false);
    let mut rest = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => cell.extend(rest.next()),
            '"' if quoted => {
                quoted = false;
                if !matches!(rest.peek(), None | Some(',' | '\n' | '\r')) {
                    return Err((
                        line,
                        "after a quote at a cell's end comes a comma, or the line's end".to_owned(),
                    ));
                }
            }
            '"' if cell.is_empty() => quoted = true,
            '"' => return Err((line, "a cell with a quote in it stands in quotes".to_owned())),
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && rest.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                line += 1;
                row.push(std::mem::take(&mut cell));
                end(&mut rows, began, &mut row);
                began = line;
            }
            c => {
                line += usize::from(c == '\n');
                cell.push(c);
            }
        }
    }
    if quoted {
        return Err((began, "a quote is not closed".to_owned()));
    }
    row.push(cell);
    end(&mut rows, began, &mut row);
    Ok(rows)
}

fn end(rows: &mut Vec<Row>, began: usize, row: &mut Vec<String>) {
    let row = std::mem::take(row);
    if row != [""] {
        rows.push((began, row));
    }
}

/// A table with these columns.
pub(super) fn write<'a, const N: usize>(
    heading: [&str; N],
    rows: impl Iterator<Item = [&'a String; N]>,
) -> String {
    let line = |cells: &[&str]| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n";
    let rows = rows.map(|row| line(&row.map(String::as_str)));
    std::iter::once(line(&heading)).chain(rows).collect()
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        read(text).unwrap().into_iter().map(|(_, row)| row).collect()
    }

    #[test]
    fn a_table_is_read() {
        assert_eq!(rows("\u{feff}a,b\r\n\n\"x,\"\"y\nz\",\n"), [["a", "b"], ["x,\"y\nz", ""]]);
        assert_eq!(rows("a"), [["a"]]);
        let lines: Vec<_> = read("a\n\"b\nc\"\nd").unwrap().iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 4]);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        for (text, line) in [("a\nb\"c\n", 2), ("a\n\"b\"c\n", 2), ("a\n\"b\nc", 2)] {
            assert_eq!(read(text).unwrap_err().0, line, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(cells in prop::collection::vec(("[^\r]{0,9}", "\\PC{0,9}"), 0..9)) {
            let cells: Vec<[String; 2]> = cells.into_iter().map(|(a, b)| [a, b]).collect();
            let text = write(["one", "two"], cells.iter().map(|[a, b]| [a, b]));
            let read = rows(&text);
            prop_assert_eq!(&read[0], &["one", "two"]);
            prop_assert_eq!(&read[1..], &cells);
        }
    }
}
