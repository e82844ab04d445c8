//! The whole program once, shortly: that every measurement can still be made. What it finds is of no interest.
#![cfg(target_os = "linux")]

use std::process::Command;

use serde_json::Value;

#[test]
fn heavy_a_quick_run_fills_every_row() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bench").join("results.json");
    let run = Command::new(env!("CARGO_BIN_EXE_symbolon-bench"))
        .args(["--quick", "--large", "--commit", "abc", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let results: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!((&results["quick"], &results["machine"]["commit"]), (&true.into(), &"abc".into()));
    let rows = results["rows"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| row["measurement"].as_str().unwrap()).collect();
    let expected = [
        ("gateway", 1),
        ("verify", 1),
        ("proxy", 3),
        ("mcp", 2),
        ("refusal", 4),
        ("check", 10),
        ("fleet", 3),
        ("foreign", 2),
        ("usage", 1),
        ("start", 1),
        ("create", 1),
        ("large", 2),
    ];
    let expected: Vec<_> =
        expected.iter().flat_map(|&(name, rows)| std::iter::repeat_n(name, rows)).collect();
    assert_eq!(names, expected);

    let table = String::from_utf8(run.stdout).unwrap();
    for row in rows {
        assert!(table.contains(row["subject"].as_str().unwrap()), "{table}");
        let quantities = row["quantities"].as_array().unwrap();
        assert!(!quantities.is_empty(), "{row}");
        for quantity in quantities {
            for (side, value) in ["subject", "baseline", "ratio"]
                .into_iter()
                .flat_map(|side| ["median", "min", "max"].map(|value| (side, value)))
            {
                let number = quantity[side][value].as_f64();
                assert!(number.is_some_and(|number| number > 0.0), "{side} {value}: {row}");
            }
        }
    }
    // Each goal has a row that tells of it; none is of a row that was called something else meanwhile.
    let unknown: Vec<_> = table.lines().filter(|line| line.contains("not measured in this run")).collect();
    let asked = [
        "A newcomer's first run",
        "The binary that is packed",
        "Requests a second",
        "CPU time for a request",
    ];
    assert!(unknown.len() == asked.len(), "{unknown:#?}");
    for (line, goal) in unknown.iter().zip(asked) {
        assert!(line.trim().starts_with(goal), "{unknown:#?}");
    }
    let left: Vec<_> = std::fs::read_dir(out.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 2, "the results, their chart, and nothing else: {left:?}");
    let chart = std::fs::read_to_string(out.with_extension("svg")).unwrap();
    for row in rows {
        assert!(chart.contains(row["baseline"].as_str().unwrap()), "{row}");
    }

    // What a quick run costs is nothing to be told.
    let document = Command::new(env!("CARGO_BIN_EXE_symbolon-bench"))
        .args(["document", "--from"])
        .arg(&out)
        .arg("--to")
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(!document.status.success());
    assert!(String::from_utf8(document.stderr).unwrap().contains("it was a quick one"));
    assert!(!folder.path().join("performance.md").exists());
}

#[test]
fn heavy_a_run_without_nginx_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results.json");
    let run = Command::new(env!("CARGO_BIN_EXE_symbolon-bench"))
        .args(["--quick", "--only", "proxy", "--without", "nginx=there is none.", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let results: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!((results["rows"].as_array().unwrap().len(), &results["peers"]), (2, &Value::Null));
    assert_eq!(results["missing"][0]["why"], "there is none.");
    assert!(String::from_utf8(run.stdout).unwrap().contains("was not measured: there is none."));
}
