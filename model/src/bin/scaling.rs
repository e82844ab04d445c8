//! Prints what a fleet costs its primary as it grows: `cargo run -p symbolon-model --release --bin scaling`.
#![expect(clippy::print_stdout, reason = "what came out is what it is run for")]

fn main() {
    println!("{}\n{}", symbolon_model::scaling::inputs(), symbolon_model::scaling::table());
}
