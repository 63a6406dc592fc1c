//! A manual page for each function, of what its comment in the header says.
//!
//! The headers are made of the sources' comments, and these pages of the headers: so all three say
//! the same.

use std::fmt::Write as _;

/// A function of a header: its declaration, and the lines of its comment.
struct Function<'a> {
    name: &'a str,
    declaration: String,
    comment: Vec<&'a str>,
}

/// The parts of a comment.
#[derive(Default)]
struct Comment {
    paragraphs: Vec<String>,
    parameters: Vec<(String, String)>,
    returns: String,
    statuses: Vec<(String, String)>,
}

/// The pages of a header, as `#include` names it: their names, and what stands in them.
pub fn pages(header: &str, text: &str, version: &str, date: &str) -> Vec<(String, String)> {
    let functions = functions(text);
    let page = |function: &Function| {
        let name = format!("{}.3", function.name);
        (name, page(function, header, version, date))
    };
    functions.iter().map(page).collect()
}

fn functions(text: &str) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    let mut comment = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(said) = line.strip_prefix("///") {
            comment.push(said.strip_prefix(' ').unwrap_or(said));
            continue;
        }
        let name = line.strip_prefix("rsmi_status_t rsmi_").and_then(|rest| rest.split_once('('));
        if let Some((rest, _)) = name {
            let name = &line["rsmi_status_t ".len()..][..rest.len() + "rsmi_".len()];
            let mut declaration = line.trim().to_owned();
            while !declaration.contains(')') {
                let Some(more) = lines.next() else { break };
                declaration = format!("{declaration} {}", more.trim());
            }
            let end = declaration.find(')').map_or(declaration.len(), |at| at + 1);
            declaration.truncate(end);
            found.push(Function { name, declaration, comment: std::mem::take(&mut comment) });
        }
        comment.clear();
    }
    found
}

fn parts(lines: &[&str]) -> Comment {
    let mut comment = Comment::default();
    let mut blocks: Vec<String> = Vec::new();
    let mut open = false;
    for line in lines {
        let line = line.trim();
        if line.is_empty() {
            open = false;
        } else if open && !line.starts_with('@') && !line.starts_with("- ") {
            let last = blocks.last_mut().expect("one is open");
            last.push(' ');
            last.push_str(line);
        } else {
            blocks.push(line.to_owned());
            open = true;
        }
    }
    let named = |text: &str| {
        let (name, about) = text.split_once(' ').unwrap_or((text, ""));
        (name.to_owned(), about.to_owned())
    };
    for block in blocks {
        match block.split_once(' ') {
            Some((word, rest)) if word.starts_with("@param") => {
                comment.parameters.push(named(rest));
            }
            Some(("@retval", rest)) => comment.statuses.push(named(rest)),
            Some(("@return", rest)) => comment.returns = rest.to_owned(),
            _ if block.starts_with('@') => {}
            _ => comment.paragraphs.push(block),
        }
    }
    comment
}

fn page(function: &Function, header: &str, version: &str, date: &str) -> String {
    let Comment { paragraphs, parameters, returns, statuses } = parts(&function.comment);
    let name = function.name;
    let mut page = format!(
        ".\\\" Made of {header} by `cargo xtask stage`.\n\
         .TH {} 3 {date} \"rsmi-compat {version}\" \"rsmi-compat manual\"\n",
        name.to_uppercase()
    );
    let first = paragraphs.first().map_or("", String::as_str);
    let brief = first.split_once(". ").map_or(first.trim_end_matches('.'), |(brief, _)| brief);
    let brief = brief.strip_prefix(|letter: char| letter.is_uppercase()).map_or_else(
        || brief.to_owned(),
        |rest| brief[..brief.len() - rest.len()].to_lowercase() + rest,
    );
    section(&mut page, "NAME");
    line(&mut page, &format!("{} \\- {}", escape(name), escape(&brief)));
    section(&mut page, "SYNOPSIS");
    page.push_str(".nf\n");
    line(&mut page, &format!("\\fB#include <{header}>\\fR"));
    page.push_str(".PP\n");
    for part in function.declaration.split_inclusive(", ") {
        line(&mut page, &format!("\\fB{}\\fR", escape(part.trim())));
    }
    page.push_str(".fi\n");
    section(&mut page, "DESCRIPTION");
    paragraphs_of(&mut page, &paragraphs);
    for (name, about) in &parameters {
        entry(&mut page, &format!("\\fI{}\\fR", escape(name)), about);
    }
    section(&mut page, "RETURN VALUE");
    if !returns.is_empty() {
        line(&mut page, &escape(&returns));
    }
    for (name, about) in &statuses {
        entry(&mut page, &format!("\\fB{}\\fR", escape(name)), about);
    }
    if returns.contains("common status") {
        page.push_str(".PP\n");
        line(&mut page, "The beginning of rocm_smi.h lists the common statuses.");
    }
    section(&mut page, "SEE ALSO");
    line(&mut page, "\\fBrsmi_compat\\fR(7), \\fBrsmi\\-compat\\fR(1)");
    page
}

fn section(page: &mut String, name: &str) {
    writeln!(page, ".SH {name}").expect("a text takes it");
}

fn paragraphs_of(page: &mut String, paragraphs: &[String]) {
    for (at, paragraph) in paragraphs.iter().enumerate() {
        if let Some(item) = paragraph.strip_prefix("- ") {
            page.push_str(".IP \\(bu 2\n");
            line(page, &escape(item));
        } else {
            if at > 0 {
                page.push_str(".PP\n");
            }
            line(page, &escape(paragraph));
        }
    }
}

fn entry(page: &mut String, head: &str, about: &str) {
    page.push_str(".TP\n");
    line(page, head);
    line(page, &escape(about));
}

/// One sentence a line, as roff has it; none begins with a control character.
fn line(page: &mut String, text: &str) {
    for sentence in text.split_inclusive(". ") {
        let sentence = sentence.trim();
        let guard = if sentence.starts_with(['.', '\'']) { "\\&" } else { "" };
        writeln!(page, "{guard}{sentence}").expect("a text takes it");
    }
}

/// Roff's own characters, and Markdown's marks.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace("**", "");
    let text = text.replace('…', "...").replace('µ', "\\(mc");
    let parts = text.split('`').enumerate();
    parts
        .map(|(at, part)| if at % 2 == 1 { format!("\\fI{part}\\fR") } else { part.into() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "\
/// Reads a value, from sysfs `a-b`.
///
/// More of it. - no item.
/// - an item
///
/// @param[in] dv_ind The index of the device,
///   from 0.
/// @param[out] od How much.
/// @return RSMI_STATUS_SUCCESS, a common status, or:
/// @retval RSMI_STATUS_INVALID_ARGS `od` is a null pointer.
rsmi_status_t rsmi_dev_value_get(uint32_t dv_ind,
                                 uint32_t *od)
RSMI_COMPAT_CALL(rsmi_dev_value_get);

/// Of something else.
typedef int x;
rsmi_status_t rsmi_bare(void);
";

    #[test]
    fn a_page_has_all_that_the_comment_says() {
        let pages = pages("rocm_smi/rocm_smi.h", HEADER, "1.2.3", "2026-01-01");
        let names: Vec<_> = pages.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["rsmi_dev_value_get.3", "rsmi_bare.3"]);
        let page = &pages[0].1;
        for line in [
            ".TH RSMI_DEV_VALUE_GET 3 2026-01-01 \"rsmi-compat 1.2.3\" \"rsmi-compat manual\"",
            "rsmi_dev_value_get \\- reads a value, from sysfs \\fIa\\-b\\fR",
            "\\fB#include <rocm_smi/rocm_smi.h>\\fR",
            "\\fBrsmi_status_t rsmi_dev_value_get(uint32_t dv_ind,\\fR",
            "\\fBuint32_t *od)\\fR",
            "More of it.",
            ".IP \\(bu 2",
            "\\fIdv_ind\\fR",
            "The index of the device, from 0.",
            "\\fBRSMI_STATUS_INVALID_ARGS\\fR",
            "\\fIod\\fR is a null pointer.",
        ] {
            assert!(page.lines().any(|it| it == line), "{line} is not in {page}");
        }
        assert!(!pages[1].1.contains("something else"));
    }
}
