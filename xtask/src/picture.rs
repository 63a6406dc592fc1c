//! `cargo xtask picture`: docs/rsmi_top.svg, made of what the monitor really prints.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::demo::Built;
use xtask::run;
use xtask::workspace;

#[derive(Args)]
pub struct Picture {
    /// Write nothing, and fail if the picture is not what the monitor prints
    #[arg(long)]
    check: bool,
}

const PICTURE: &str = "docs/rsmi_top.svg";
/// The moment that is shown, in seconds of the machine's time: every time the same.
const MOMENT: &str = "97.3";
const COLUMNS: &str = "80";

/// Of a character, in the picture's units.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
const MARGIN: f64 = 16.0;

impl Picture {
    pub fn run(&self) -> Result<()> {
        let built = Built::new()?;
        let mut simulate = built.simulate();
        simulate.args(["--machine", "mi300x-8", "--load", "training", "--seed", "1", "--"]);
        simulate.arg(&built.monitor).args(["--once", "--color", "always", "--width", COLUMNS]);
        simulate.args(["--note", "simulated mi300x-8"]);
        simulate.env("RSMI_SIM_TIME", MOMENT).env("LC_ALL", "C.UTF-8");
        let text = run::output(&mut simulate)?;
        ensure!(text.lines().count() > 8, "the monitor showed too little:\n{text}");
        let svg = svg(&text)?;
        let path: PathBuf = workspace::root()?.join(PICTURE);
        if self.check {
            let there = fs::read_to_string(&path).unwrap_or_default();
            ensure!(
                there == svg,
                "{PICTURE} is not what rsmi_top prints: run `cargo xtask picture`"
            );
            return Ok(());
        }
        fs::write(&path, svg).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
        Ok(())
    }
}

/// A piece of a line in one style.
struct Piece {
    column: usize,
    text: String,
    style: &'static str,
}

/// The colours that the monitor uses; of any other we want to hear.
fn style(code: &str) -> Result<&'static str> {
    Ok(match code {
        "0" => "",
        "1" => "b",
        "2" => "d",
        "31" => "r",
        "32" => "g",
        "33" => "y",
        "35" => "m",
        "36" => "c",
        _ => bail!("the monitor prints a style {code} that the picture does not have"),
    })
}

fn pieces(line: &str) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let (mut column, mut now) = (0, "");
    for (index, part) in line.split("\x1b[").enumerate() {
        let mut text = part;
        if index > 0 {
            let (code, rest) = part.split_once('m').context("an escape that is not a style")?;
            (now, text) = (style(code)?, rest);
        }
        // A gap is left by where the next piece begins: blanks in a row are one to many a viewer.
        for word in text.split("  ") {
            let own = word.trim_start();
            let begin = column + word.chars().count() - own.chars().count();
            if !own.is_empty() {
                pieces.push(Piece { column: begin, text: own.trim_end().to_owned(), style: now });
            }
            column += word.chars().count() + 2;
        }
        column -= 2;
    }
    Ok(pieces)
}

/// Text as text: it can be searched, and needs no font but the reader's own.
fn svg(screen: &str) -> Result<String> {
    let lines: Vec<_> = screen.lines().map(pieces).collect::<Result<_>>()?;
    let ends = lines.iter().flatten().map(|piece| piece.column + piece.text.chars().count());
    let columns = ends.max().unwrap_or(0) as f64;
    let (width, height) =
        (2.0 * MARGIN + columns * WIDTH, 2.0 * MARGIN + lines.len() as f64 * HEIGHT);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         role=\"img\" aria-label=\"rsmi_top on eight simulated MI300X\">\n\
         <style>text{{font:14px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;\
         fill:#d4d4d4}}.b{{font-weight:bold;fill:#fff}}rect.d{{fill:#3c3c3c}}.d{{fill:#7a7a7a}}\
         .r{{fill:#f26d6d}}.g{{fill:#7ec77e}}.y{{fill:#e5c07b}}.m{{fill:#c586c0}}.c{{fill:#4fc1d9}}</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1e1e1e\"/>\n"
    );
    for (row, line) in lines.iter().enumerate() {
        for piece in line {
            draw(&mut svg, row, piece);
        }
    }
    svg += "</svg>\n";
    Ok(svg)
}

fn draw(svg: &mut String, row: usize, piece: &Piece) {
    let top = MARGIN + row as f64 * HEIGHT;
    let length = piece.text.chars().count() as f64 * WIDTH;
    let left = MARGIN + piece.column as f64 * WIDTH;
    // Blocks are drawn: of a font they would not quite touch.
    if piece.text.chars().all(|block| block == '█' || block == '░') {
        let _ = writeln!(
            svg,
            "<rect class=\"{}\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{length:.1}\" height=\"{:.1}\"/>",
            piece.style,
            top + 3.0,
            HEIGHT - 6.0
        );
        return;
    }
    let class = match piece.style {
        "" => String::new(),
        style => format!(" class=\"{style}\""),
    };
    let text = piece.text.replace('&', "&amp;").replace('<', "&lt;");
    // Wherever the font is wider or narrower, the columns stay where they are.
    let _ = writeln!(
        svg,
        "<text{class} x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{length:.1}\">{text}</text>",
        top + 13.0
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_in_its_column_and_colour() {
        let svg = svg("\x1b[1mName\x1b[0m  a<b\n\x1b[36m██\x1b[0m 5%\n").expect("a picture");
        assert!(svg.contains("<text class=\"b\" x=\"16.0\" y=\"29.0\" textLength=\"33.6\">Name<"));
        assert!(svg.contains("<text x=\"66.4\" y=\"29.0\" textLength=\"25.2\">a&lt;b</text>"));
        assert!(svg.contains("<rect class=\"c\" x=\"16.0\" y=\"37.0\" width=\"16.8\""));
        assert!(svg.contains("<text x=\"41.2\" y=\"47.0\" textLength=\"16.8\">5%</text>"));
    }

    #[test]
    fn a_style_that_the_picture_does_not_have_is_told() {
        assert!(svg("\x1b[4munderlined\x1b[0m").is_err());
    }
}
