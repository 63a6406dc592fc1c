//! The end of `cargo test --workspace`: which tests were skipped, and why. Cargo runs the tests of
//! packages and files in the order of their names, so this one is the last.

use std::process::ExitCode;

fn main() -> ExitCode {
    // For whoever asks which tests there are.
    if std::env::args().any(|word| word == "--list") {
        return ExitCode::SUCCESS;
    }
    match needs::skipped() {
        Ok(skipped) if skipped.is_empty() => println!("No test was skipped."),
        Ok(skipped) => {
            for line in &skipped {
                println!("SKIPPED {line}");
            }
            let tests = if skipped.len() == 1 { "1 test was" } else { "tests were" };
            let count =
                if skipped.len() == 1 { String::new() } else { format!("{} ", skipped.len()) };
            println!("{count}{tests} skipped; with {}=1 set they fail instead.", needs::ALL);
        }
        Err(error) => {
            println!("the list of skipped tests cannot be read: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
